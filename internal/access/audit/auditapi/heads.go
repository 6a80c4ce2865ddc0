package auditapi

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// AuditLine is a line of an export; one of its members is there.
type AuditLine struct {
	Begin *AuditBegin `json:"begin,omitempty" doc:"The first line: what it is an export of."`
	Key   *AuditKey   `json:"key,omitempty" doc:"A public key that heads are signed with."`
	Entry any         `json:"entry,omitempty" doc:"An entry, to the byte as it was hashed."`
	Hash  string      `json:"hash,omitempty" doc:"The SHA-256 of the entry's JSON."`
	Head  string      `json:"head,omitempty" doc:"A head that was signed after the entry before it, a signed note."`
	End   *AuditPlace `json:"end,omitempty" doc:"The last line: where the export ends."`
}

// AuditPlace is an entry by its number and hash.
type AuditPlace struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// AuditBegin says what an export is of.
type AuditBegin struct {
	Format int        `json:"format"`
	Tenant string     `json:"tenant"`
	After  AuditPlace `json:"after" doc:"The entry before the first one."`
	To     int64      `json:"to" doc:"The number of the last entry."`
}

// AuditKey is a public key that heads are signed with.
type AuditKey struct {
	ID         string    `json:"id" doc:"Its kid, the name and the hash of the key."`
	Verifier   string    `json:"verifier" doc:"The Ed25519 key, in the form of golang.org/x/mod/sumdb/note."`
	From       time.Time `json:"from" doc:"Since when it signs."`
	Introduced string    `json:"introduced,omitempty" doc:"A note in which the key before it says that this one follows."`
}

// AuditHead is a head that was signed.
type AuditHead struct {
	Seq  int64     `json:"seq" doc:"The number of the entry."`
	Hash string    `json:"hash" doc:"The hash that the entry had."`
	At   time.Time `json:"at"`
	Key  string    `json:"key" doc:"The kid of the key that signed it."`
	Note string    `json:"note" doc:"The signed note, which a witness keeps."`
}

func headOf(h audit.SignedHead) AuditHead {
	return AuditHead{Seq: h.Seq, Hash: h.Hash, At: h.At, Key: h.Key, Note: h.Note}
}

type exportInput struct {
	RangeParams
	TimeParams
	For string `query:"for" enum:"verify" doc:"What it is for, for the log itself."`
}

func (a API) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	x, err := a.Service.Export(ctx, scope, audit.Wanted{
		Range: audit.Range{From: in.From, To: in.To}, Filter: audit.Filter{Since: in.Since, Until: in.Until}, For: in.For,
	})
	if err != nil {
		return nil, err
	}
	return httpserver.Lines(ctx, func(w io.Writer) error {
		out := &lines{to: w}
		if err := x.Write(ctx, out.add); err != nil {
			return err
		}
		return out.flush()
	}), nil
}

// lines gathers lines, so that not each of millions is sent for itself.
type lines struct {
	to  io.Writer
	all []byte
}

const together = 64 << 10

func (l *lines) add(line chain.Line) error {
	raw, err := json.Marshal(line)
	if err != nil {
		return err
	}
	l.all = append(append(l.all, raw...), '\n')
	if len(l.all) < together {
		return nil
	}
	return l.flush()
}

func (l *lines) flush() error {
	_, err := l.to.Write(l.all)
	l.all = l.all[:0]
	return err
}

type headsOutput struct{ Body kernel.Page[AuditHead] }

func (a API) listHeads(ctx context.Context, in *struct{ httpserver.PageParams }) (*headsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Service.ListHeads(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	out := &headsOutput{Body: kernel.Page[AuditHead]{Items: []AuditHead{}, Next: page.Next}}
	for _, h := range page.Items {
		out.Body.Items = append(out.Body.Items, headOf(h))
	}
	return out, nil
}

type headOutput struct{ Body AuditHead }

func (a API) sign(ctx context.Context, _ *struct{}) (*headOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	h, err := a.Service.Sign(ctx, scope)
	return &headOutput{Body: headOf(h)}, err
}

type keysOutput struct{ Body kernel.Page[AuditKey] }

func (a API) listKeys(ctx context.Context, _ *struct{}) (*keysOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	keys, err := a.Service.ListKeys(ctx, scope)
	out := &keysOutput{Body: kernel.Page[AuditKey]{Items: []AuditKey{}}}
	for _, k := range keys {
		out.Body.Items = append(out.Body.Items, AuditKey(k))
	}
	return out, err
}

type keyOutput struct{ Body AuditKey }

func (a API) rotate(ctx context.Context, _ *struct{}) (*keyOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	k, err := a.Service.Rotate(ctx, scope)
	return &keyOutput{Body: AuditKey(k)}, err
}
