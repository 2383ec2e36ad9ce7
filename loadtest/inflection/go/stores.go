package main

import (
	"maps"
	"sync"
	"sync/atomic"
)

// store holds valueOf(key, 0) for each key at first, and is used by all goroutines at once.
type store interface {
	read(key string) (string, bool)
	write(key, value string)
}

func filled(keys []string) map[string]string {
	out := make(map[string]string, len(keys))
	for _, key := range keys {
		out[key] = valueOf(key, 0)
	}
	return out
}

type lockedStore struct {
	mutex  sync.RWMutex
	values map[string]string
}

func (s *lockedStore) read(key string) (string, bool) {
	s.mutex.RLock()
	value, found := s.values[key]
	s.mutex.RUnlock()
	return value, found
}

func (s *lockedStore) write(key, value string) {
	s.mutex.Lock()
	s.values[key] = value
	s.mutex.Unlock()
}

type syncMapStore struct{ values sync.Map }

func (s *syncMapStore) read(key string) (string, bool) {
	value, found := s.values.Load(key)
	if !found {
		return "", false
	}
	return value.(string), true
}

func (s *syncMapStore) write(key, value string) { s.values.Store(key, value) }

// cloneStore replaces an immutable map as a whole; two clones at once would be one in vain.
type cloneStore struct {
	writer sync.Mutex
	values atomic.Value
}

func (s *cloneStore) read(key string) (string, bool) {
	value, found := s.values.Load().(map[string]string)[key]
	return value, found
}

func (s *cloneStore) write(key, value string) {
	s.writer.Lock()
	next := maps.Clone(s.values.Load().(map[string]string))
	next[key] = value
	s.values.Store(next)
	s.writer.Unlock()
}

func makeStore(name string, keys []string) store {
	switch name {
	case "go-rwmutex":
		return &lockedStore{values: filled(keys)}
	case "go-sync-map":
		out := &syncMapStore{}
		for _, key := range keys {
			out.values.Store(key, valueOf(key, 0))
		}
		return out
	case "go-clone":
		out := &cloneStore{}
		out.values.Store(filled(keys))
		return out
	}
	return nil
}
