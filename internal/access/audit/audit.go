// Package audit keeps what happened: one entry for every mutation, with who,
// what, why and the request id, chained by hashes so that a change of the past
// shows.
//
// It owns entries and their chain, one per tenant. It does not own what
// happens: rooms record facts in the transactions that make them true.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxData is the largest Data that is kept as it is.
const maxData = 64 << 10

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
	// Hash is the SHA-256 of everything above.
	Hash string `json:"-"`
}

// hash returns what Hash must be.
func (e Entry) hash() (string, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("hash audit entry: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// newEntry makes an entry, not yet chained, of a fact and what ctx knows.
func newEntry(ctx context.Context, f kernel.Fact, now time.Time) (Entry, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok || f.Scope.Tenant == "" || f.Type == "" {
		return Entry{}, kernel.Errorf(kernel.Internal, "a fact of type %q has no actor, tenant or type", f.Type)
	}
	data, err := dataOf(f.Data)
	if err != nil {
		return Entry{}, kernel.Errorf(kernel.Internal, "a fact of type %s: %w", f.Type, err)
	}
	return Entry{
		Tenant: f.Scope.Tenant, At: now,
		ActorID: clean(actor.ID), ActorName: clean(actor.Name), ActorKind: actor.Kind, RequestID: clean(kernel.RequestIDFrom(ctx)),
		Type: f.Type, Project: f.Scope.Project, Stage: f.Scope.Stage, Subject: clean(f.Subject), Reason: clean(f.Reason), Data: data,
	}, nil
}

// dataOf returns the JSON of v; of what is too large, its digest and size.
func dataOf(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if len(b) > maxData {
		b, err = json.Marshal(map[string]any{"digest": kernel.DigestOf(b), "size": len(b)})
	}
	return string(bytes.ToValidUTF8(b, []byte("\uFFFD"))), err
}

// clean drops what a database cannot keep, so that the hash is of what is kept.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// Filter narrows a list; its zero value is everything.
type Filter struct {
	Project, Stage, Type, Subject, Actor string
}

// Report is what a verification found.
type Report struct {
	// Entries is how many were read.
	Entries int64 `json:"entries"`
	// Head is the hash of the last one.
	Head string `json:"head"`
	// Broken is the first entry that is not as it was written, nil if none.
	Broken *Break `json:"broken,omitempty"`
}

// Break is where a chain is broken.
type Break struct {
	Seq    int64  `json:"seq"`
	Reason string `json:"reason"`
}
