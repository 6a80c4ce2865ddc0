package authn

import (
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"sync/atomic"
)

const (
	shards = 16
	// perShard bounds the credentials that a filter remembers: 32,000 in all.
	perShard = 2000
	// looked is how many are looked at for one to forget.
	looked = 8
)

// proven is a credential that was verified.
type proven struct {
	caller

	// until is when it is over, in nanoseconds of Unix.
	until int64
	// session is what a cookie says, nil for other credentials.
	session *session
	// words are what other replicas, or the provider, may say has ended; asked is when
	// they were asked last, in nanoseconds of Unix.
	words [3]string
	asked atomic.Int64
	// issuer has signed it while its keys had this turn.
	issuer *issuer
	turn   uint64
	// roots are those of Terrace's own authority while a certificate of it was verified,
	// nil for what others have signed.
	roots *x509.CertPool
}

// cache has credentials by their SHA-256. Only what was verified gets in.
type cache struct {
	all [shards]struct {
		mu sync.RWMutex
		of map[[sha256.Size]byte]*proven
	}
}

func (c *cache) get(sum *[sha256.Size]byte) *proven {
	s := &c.all[sum[0]%shards]
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.of[*sum]
}

// put keeps a credential; where there is no room another one goes, the first of a
// few that is over, or any.
func (c *cache) put(sum [sha256.Size]byte, p *proven, now int64) {
	s := &c.all[sum[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[[sha256.Size]byte]*proven{}
	}
	if len(s.of) >= perShard {
		n := 0
		for key, old := range s.of {
			if n++; old.until <= now || n == looked {
				delete(s.of, key)
				break
			}
		}
	}
	s.of[sum] = p
}
