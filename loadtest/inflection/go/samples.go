package main

import (
	"math/bits"
	"sync/atomic"
)

// Times in buckets 3% wide, as in ../samples.h.

const buckets = 36 * 32

type samples struct{ counts [buckets]atomic.Uint32 }

func (s *samples) add(nanoseconds int64) {
	value := min(uint64(max(nanoseconds, 0)), 1<<40-1)
	bucket := value
	if value >= 64 {
		shift := bits.Len64(value) - 6
		bucket = uint64(shift)*32 + value>>shift
	}
	s.counts[bucket].Add(1)
}

// percentile is the nearest rank, as the end of its bucket; 0 when there are no samples.
func percentile(counts []uint64, all, percent uint64) uint64 {
	rank, seen := (all*percent+99)/100, uint64(0)
	for bucket, count := range counts {
		if seen += count; seen < rank || seen == 0 {
			continue
		}
		if bucket < 64 {
			return uint64(bucket)
		}
		return uint64(bucket%32+33)<<(bucket/32-1) - 1
	}
	return 0
}
