// Package chain knows the form of the audit log: entries that name the hash of the one
// before, heads that the platform has signed, and exports of both. It finds the first
// place where one is not as it was written.
//
// It owns these forms and their check, which needs neither a server nor a database: the
// client links it. It does not own where entries are kept (access/audit).
package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Result says what became of what somebody did.
type Result string

// The outcomes. What was done has none, as it is by far the most.
const (
	Done    Result = ""
	Refused Result = "refused"
	Failed  Result = "failed"
)

// Entry is one thing that happened. The order of its fields is part of the
// hash: fields are added at the end and with omitempty.
type Entry struct {
	Tenant string `json:"tenant"`
	// Seq counts the tenant's entries from 1, without gaps.
	Seq       int64            `json:"seq"`
	At        time.Time        `json:"at"`
	ActorID   string           `json:"actorId"`
	ActorName string           `json:"actorName"`
	ActorKind kernel.ActorKind `json:"actorKind"`
	RequestID string           `json:"requestId"`
	Type      string           `json:"type"`
	Project   string           `json:"project"`
	Stage     string           `json:"stage"`
	Subject   string           `json:"subject"`
	Reason    string           `json:"reason"`
	// Data is JSON, "" for none.
	Data string `json:"data"`
	// Prev is the hash of the entry before, "" for the first.
	Prev string `json:"prev"`
	// Address is where the request came from, "" for what no request did.
	Address string `json:"address,omitempty"`
	// Outcome is what became of it.
	Outcome Result `json:"outcome,omitempty"`
	// Hash is the SHA-256 of everything above.
	Hash string `json:"-"`
}

// Text returns what is hashed of an entry: its JSON.
func (e Entry) Text() ([]byte, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("hash audit entry: %w", err)
	}
	return text, nil
}

// Sum returns what Hash must be.
func (e Entry) Sum() (string, error) {
	text, err := e.Text()
	return sumOf(text), err
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Place is an entry of a chain: its number and hash, 0 and "" before the first.
type Place struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}
