package kernel

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

var lastID struct { //nolint:gochecknoglobals // the state that keeps ids of one process in order
	sync.Mutex
	millis int64
	random [10]byte
}

// NewID returns a new identifier: prefix, an underscore and a ULID in lower
// case (48 bits of milliseconds, 80 random bits). Ids of one process sort in
// the order in which they were made.
func NewID(prefix string) string {
	lastID.Lock()
	defer lastID.Unlock()
	if now := time.Now().UnixMilli(); now > lastID.millis {
		lastID.millis = now
		_, _ = rand.Read(lastID.random[:]) // never fails, see crypto/rand
	} else {
		increment(lastID.random[:])
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(lastID.millis)<<16)
	copy(b[6:], lastID.random[:])
	return prefix + "_" + encodeULID(b)
}

func increment(b []byte) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i]++
		if b[i] != 0 {
			return
		}
	}
}

func encodeULID(b [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	var out [26]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}
