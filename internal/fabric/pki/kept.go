package pki

import (
	"crypto"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/crypto/ocsp"
)

const (
	// mostStatuses is how many answers are kept.
	mostStatuses = 4096
	// statusKept is how long an answer is given again before another one is signed.
	statusKept = 30 * time.Minute
	// maxSerial is how long a serial is at most, in bits (RFC 5280 §4.1.2.2): answers about others
	// are not kept.
	maxSerial = 160
)

// statusKey is all that an answer says but its times: a certificate that is revoked has
// another one.
type statusKey struct {
	issuer, serial string
	hash           crypto.Hash
	status, reason int
	revokedAt      int64
}

// statuses are answers that were signed, by what they say. The moment to which each is given
// again is kept with it.
type statuses struct {
	kept *lru.Cache[statusKey, keptStatus]
}

type keptStatus struct {
	der   []byte
	until time.Time
}

func newStatuses() (statuses, error) {
	kept, err := lru.New[statusKey, keptStatus](mostStatuses)
	return statuses{kept}, err
}

// sign returns the answer that was signed last for the same, or signs one.
func (k statuses) sign(answer ocsp.Response, by *issuer, now time.Time) ([]byte, error) {
	key := statusKey{issuer: by.id, serial: answer.SerialNumber.Text(16), hash: answer.IssuerHash, status: answer.Status, reason: answer.RevocationReason}
	if !answer.RevokedAt.IsZero() {
		key.revokedAt = answer.RevokedAt.Unix()
	}
	if had, ok := k.kept.Get(key); ok && now.Before(had.until) && !now.Before(had.until.Add(-statusKept)) {
		return had.der, nil
	}
	der, err := signStatus(answer, by)
	if err == nil && answer.Status != ocsp.Unknown && answer.SerialNumber.BitLen() <= maxSerial {
		k.kept.Add(key, keptStatus{der, now.Add(statusKept)})
	}
	return der, err
}
