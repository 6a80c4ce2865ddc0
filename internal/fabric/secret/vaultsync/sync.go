package vaultsync

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Direction says whose values count.
type Direction string

// The directions.
const (
	// Push writes what Terrace has into the vault.
	Push Direction = "push"
	// Pull takes what the vault has into Terrace, as versions.
	Pull Direction = "pull"
)

// OnDrift says what becomes of what others change in the vault under Terrace's names.
type OnDrift string

// What becomes of it.
const (
	// Write tells it, and writes Terrace's value again.
	Write OnDrift = "write"
	// Report tells it and leaves it.
	Report OnDrift = "report"
)

// State is how far a sync, or one secret of it, is.
type State string

// The states.
const (
	// InStep: both have the same.
	InStep State = "in-step"
	// Waiting: it is still to be done.
	Waiting State = "waiting"
	// Failed: it could not be done, for the reason that is told.
	Failed State = "failed"
	// Drifted: the vault has something else, and the sync only reports that.
	Drifted State = "drifted"
	// Conflict: the other side has something that the sync would destroy; somebody decides.
	Conflict State = "conflict"
)

// The bounds of a sync.
const (
	// DefaultEvery is how often both sides are compared where nothing is said.
	DefaultEvery = 5 * time.Minute
	MinEvery     = time.Minute
	MaxEvery     = 24 * time.Hour
	// MaxEntries is how many secrets a vault may have.
	MaxEntries = 5000
	// MaxValue is how many characters a vault takes as a value.
	MaxValue = 25600
)

// Sync is one stage's vault, and how far it is.
type Sync struct {
	Scope kernel.Scope `json:"-"`
	Settings

	SetBy string    `json:"setBy"`
	SetAt time.Time `json:"setAt"`
	// State is InStep when the vault could be reached last, Waiting before, else Failed.
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
	Fix    string `json:"fix,omitempty"`
	// ComparedAt is when both sides were compared last.
	ComparedAt time.Time `json:"comparedAt,omitzero"`
	// AskedAt is when somebody last asked for a comparison.
	AskedAt time.Time `json:"askedAt,omitzero"`
	// RoundAt is when they are compared next.
	RoundAt time.Time `json:"-"`
	// BlockedUntil is until when the vault is left alone, because it cannot be used.
	BlockedUntil time.Time `json:"blockedUntil,omitzero"`
	// Bound says that the vault itself has said until when.
	Bound bool `json:"bound,omitempty"`
	// Failures counts how often in a row the vault could not be used.
	Failures int `json:"failures,omitempty"`
	// Fence grows with each holder: who has an older one writes nothing any more.
	Fence int64 `json:"-"`
}

// Item is one secret of a sync.
type Item struct {
	Scope kernel.Scope `json:"-"`
	Name  string       `json:"-"`
	State State        `json:"-"`
	// Version is Terrace's version that both sides had last, 0 for none.
	Version int       `json:"version"`
	Reason  string    `json:"reason,omitempty"`
	Fix     string    `json:"fix,omitempty"`
	At      time.Time `json:"at,omitzero"`
	// Pieces are what it is in the vault: one, or one for each key.
	Pieces []Piece `json:"pieces,omitempty"`
	// Adopted says that somebody has decided for the side that counts, whatever it replaces.
	Adopted bool `json:"adopted,omitempty"`
	// Gone says that Terrace has the secret no more.
	Gone bool `json:"-"`
	// Due is when there is something to do, zero for nothing.
	Due time.Time `json:"-"`
	// Touched counts how often there was something new to do.
	Touched int64 `json:"-"`
}

// Piece is one secret in the vault.
type Piece struct {
	Vault string `json:"vault"`
	Key   string `json:"key,omitempty"`
	// ID is the vault's version that was written or read last.
	ID string `json:"id"`
	// Updated is when the vault says that it was changed last.
	Updated time.Time `json:"updated,omitzero"`
	// Settled says that it was read after that moment was over: the vault counts in seconds.
	Settled bool `json:"settled,omitempty"`
}

func (i Item) piece(vault string) (Piece, bool) {
	for _, p := range i.Pieces {
		if p.Vault == vault {
			return p, true
		}
	}
	return Piece{}, false
}

// add notes a secret in the vault that nothing is known of yet.
func (i *Item) add(p Piece) {
	if _, known := i.piece(p.Vault); !known {
		i.Pieces = append(i.Pieces[:len(i.Pieces):len(i.Pieces)], p)
	}
}
