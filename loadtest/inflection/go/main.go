// Measures one of Go's ways to share a map at one share of writes, with the loop, options and output of
// ../inflection.cpp; its readers are goroutines.
package main

import (
	"flag"
	"fmt"
	"math/bits"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// worker is what one goroutine did so far: it writes, main looks.
type worker struct {
	reads, writes, wrong atomic.Uint64
	samples              samples
	_                    [64]byte
}

// control is what main tells the others.
type control struct {
	begin     chan struct{}
	measuring atomic.Bool
	stop      atomic.Bool
	every     atomic.Uint32 // one in so many reads is timed
}

// work counts in variables of its own, because a store to an atomic is a locked exchange in Go; it shows them
// with each timed read and each write.
func work(s store, keys []string, c *control, w *worker, seed, writeBelow uint64) {
	r := random{seed}
	var reads, writes uint64
	untilTimed := uint32(1)
	for !c.stop.Load() {
		draw := r.next()
		key := keys[(draw&0xffffffff)*uint64(len(keys))>>32]
		if draw>>32 < writeBelow {
			s.write(key, valueOf(key, draw))
			writes++
			w.writes.Store(writes)
			continue
		}
		untilTimed--
		timed := untilTimed == 0
		var start time.Time
		if timed {
			start = time.Now()
		}
		if value, found := s.read(key); !found || !belongs(value, key) {
			w.wrong.Add(1)
		}
		reads++
		if timed {
			taken := time.Since(start)
			untilTimed = c.every.Load()
			w.reads.Store(reads)
			if c.measuring.Load() {
				w.samples.add(taken.Nanoseconds())
			}
		}
	}
}

type counts struct {
	reads, writes uint64
	time          time.Time
}

func count(workers []*worker) counts {
	var out counts
	for _, w := range workers {
		out.reads += w.reads.Load()
		out.writes += w.writes.Load()
	}
	out.time = time.Now()
	return out
}

// timedEvery times as many reads as a p99 needs, and no more: the clock costs as much as a quick read.
func timedEvery(readsExpected float64, readers int) uint32 {
	wanted := max(20_000, 100*float64(readers))
	every := uint32(min(max(readsExpected/wanted, 1), 64))
	return 1 << (bits.Len32(every) - 1)
}

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }

// measure gives back the counts at both ends of the window, and the workers, which still run.
func measure(s store, keys []string, readers int, writesPercent, window, warmUp float64) (
	before, after counts, workers []*worker, every uint32) {
	c := &control{begin: make(chan struct{})}
	c.every.Store(1)
	var ready sync.WaitGroup
	ready.Add(readers)
	for i := 0; i < readers; i++ {
		w, seed := &worker{}, uint64(i+1)
		workers = append(workers, w)
		go func() {
			ready.Done()
			<-c.begin
			work(s, keys, c, w, seed, uint64(writesPercent/100*(1<<32)))
		}()
	}
	ready.Wait()
	close(c.begin)
	// Goroutines still start in the first half, and every read is timed in the second.
	time.Sleep(seconds(warmUp / 2))
	start := count(workers)
	time.Sleep(seconds(warmUp / 2))
	warm := count(workers)
	rate := float64(warm.reads-start.reads) / warm.time.Sub(start.time).Seconds()
	every = timedEvery(rate*window, readers)
	c.every.Store(every)
	c.measuring.Store(true)
	before = count(workers)
	time.Sleep(seconds(window))
	after = count(workers)
	c.measuring.Store(false)
	c.stop.Store(true)
	return before, after, workers, every
}

func main() {
	name := flag.String("store", "", "go-rwmutex, go-sync-map or go-clone")
	keyCount := flag.Int("keys", 1000, "")
	readers := flag.Int("readers", 2, "")
	writes := flag.Float64("writes", 0, "percent of all operations")
	window := flag.Float64("seconds", 0.5, "")
	warmUp := flag.Float64("warm-up", 0.1, "seconds")
	flag.Parse()
	keys := makeKeys(*keyCount)
	s := makeStore(*name, keys)
	if s == nil {
		fmt.Fprintf(os.Stderr, "no store %q\n", *name)
		os.Exit(2)
	}
	before, after, workers, every := measure(s, keys, *readers, *writes, *window, *warmUp)
	times := make([]uint64, buckets)
	var timed, wrong uint64
	for _, w := range workers {
		wrong += w.wrong.Load()
		for i := range times {
			times[i] += uint64(w.samples.counts[i].Load())
		}
	}
	for _, bucket := range times {
		timed += bucket
	}
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	fmt.Printf("{\"seconds\": %.4f, \"reads\": %d, \"writes\": %d, \"publications\": 0, \"wrong\": %d, "+
		"\"samples\": %d, \"every\": %d, \"p50_ns\": %d, \"p99_ns\": %d, \"peak_bytes\": %d}\n",
		after.time.Sub(before.time).Seconds(), after.reads-before.reads, after.writes-before.writes, wrong,
		timed, every, percentile(times, timed, 50), percentile(times, timed, 99), usage.Maxrss*1024)
	// Not waiting for the goroutines, as ../inflection.cpp does not for its threads.
	if wrong != 0 {
		os.Exit(1)
	}
}
