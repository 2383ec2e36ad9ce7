package main

import "fmt"

// The same bytes and draws as ../data.h.

const (
	keyBytes   = 12
	valueBytes = 80
	keyBegin   = len(`{"article":"`)
)

func makeKeys(count int) []string {
	keys := make([]string, count)
	for i := range keys {
		keys[i] = fmt.Sprintf("SKU-%08d", i)
	}
	return keys
}

// valueOf is a JSON object of valueBytes that names its key and, in 16 hexadecimal digits, its version.
func valueOf(key string, version uint64) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, valueBytes)
	out = append(out, `{"article":"`...)
	out = append(out, key...)
	out = append(out, `","version":"`...)
	for shift := 60; shift >= 0; shift -= 4 {
		out = append(out, digits[version>>shift&15])
	}
	out = append(out, `","note":"fifteen letters"}`...)
	return string(out)
}

// belongs is the work that every read does, so none can be left out.
func belongs(value, key string) bool {
	return len(value) == valueBytes && value[keyBegin:keyBegin+keyBytes] == key
}

// random is splitmix64, for one goroutine.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
