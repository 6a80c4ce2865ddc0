package workloadapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// jwtLife is how long a JWT-SVID holds: whoever has seen it can use it.
	jwtLife = 5 * time.Minute
	// jwtKeyLife is how long a key signs.
	jwtKeyLife = 24 * time.Hour
)

// jwtKeys sign JWT-SVIDs. They end with the process, as all do that it has started: nobody
// is left then who would know a former bundle.
type jwtKeys struct {
	mu sync.Mutex
	// keys has the one that signs first.
	keys []jwtKey
}

type jwtKey struct {
	id    string
	key   *ecdsa.PrivateKey
	since time.Time
	// ceased is when it signed last; zero is that it signs.
	ceased time.Time
}

// due tells that another key should sign, or that one of before is of no use any more.
func (j *jwtKeys) due(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, k := range j.keys {
		if i == 0 && now.Sub(k.since) >= jwtKeyLife || i > 0 && now.Sub(k.ceased) > jwtLife {
			return true
		}
	}
	return len(j.keys) == 0
}

// rotate has another key sign where that is due, and forgets those by which nothing holds any
// more.
func (j *jwtKeys) rotate(now time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var keep []jwtKey
	for i, k := range j.keys {
		if i > 0 && now.Sub(k.ceased) <= jwtLife {
			keep = append(keep, k)
		}
	}
	if len(j.keys) > 0 && now.Sub(j.keys[0].since) < jwtKeyLife {
		j.keys = append(j.keys[:1:1], keep...)
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key of JWT-SVIDs: %w", err)
	}
	fresh := []jwtKey{{id: rand.Text(), key: key, since: now}}
	if len(j.keys) > 0 {
		former := j.keys[0]
		former.ceased = now
		fresh = append(fresh, former)
	}
	j.keys = append(fresh, keep...)
	return nil
}

// signer is the key that signs.
func (j *jwtKeys) signer() jwtKey {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.keys[0]
}

// set is the bundle (RFC 7517; SPIFFE Trust Domain and Bundle §4.2).
func (j *jwtKeys) set() ([]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, k := range j.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.key.Public(), KeyID: k.id, Algorithm: string(jose.ES256), Use: "jwt-svid"})
	}
	raw, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("write the bundle of JWT-SVIDs: %w", err)
	}
	return raw, nil
}
