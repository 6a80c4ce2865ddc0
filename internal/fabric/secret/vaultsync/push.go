package vaultsync

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// push brings the vault to what Terrace has of one secret.
func (j *job) push(ctx context.Context, i *Item) ([]kernel.Fact, error) {
	for _, e := range j.named[i.Name] {
		i.add(Piece{Vault: e.Name, Key: e.Tags[tagKey]})
	}
	info, err := j.Secrets.Describe(ctx, j.sync.Scope, i.Name)
	now := j.Clock.Now()
	if kernel.Is(err, kernel.NotFound) || err == nil && info.Gone(now) {
		return j.pushGone(ctx, i, kernel.Is(err, kernel.NotFound))
	}
	if err != nil {
		return nil, err
	}
	i.Due = info.DeletedAt // then it goes there, too
	if j.listed != nil && i.evident(info, j.listed) {
		return nil, nil
	}
	info, data, err := j.Secrets.Read(ctx, j.sync.Scope, i.Name, info.Version)
	if err != nil {
		return nil, err
	}
	return j.pushPieces(ctx, i, info, data)
}

// evident reports whether a list of the vault shows that nothing has changed there since
// it was read last.
func (i *Item) evident(info secret.Info, listed map[string]Entry) bool {
	if i.State != InStep || i.Version != info.Version || len(i.Pieces) == 0 {
		return false
	}
	for _, p := range i.Pieces {
		e, ok := listed[p.Vault]
		r := secretref.Reference{Name: i.Name, Key: p.Key}
		if !ok || !p.Settled || !e.Updated.Equal(p.Updated) || !e.Enabled || !sameTags(tags(info.Scope, r, info.Version), e.Tags) {
			return false
		}
	}
	return true
}

// piecesOf returns what a version is in a vault.
func piecesOf(scope kernel.Scope, info secret.Info, data secret.Data) ([]Entry, error) {
	keys := []string{""}
	if info.Fields {
		keys = keys[:0]
		for key := range data {
			keys = append(keys, key)
		}
		slices.Sort(keys)
	}
	var all []Entry
	for _, key := range keys {
		r := secretref.Reference{Name: info.Name, Key: key}
		text, _ := data.Text(key)
		if key == "" {
			text, _ = data.Text(secret.Value)
		}
		e, err := entryOf(scope, r, text, info)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func entryOf(scope kernel.Scope, r secretref.Reference, text string, info secret.Info) (Entry, error) {
	if r.Key != "" {
		if _, err := secretref.Parse(r.Inside()); err != nil {
			return Entry{}, kernel.Errorf(kernel.Invalid, "secret %s has a key that no reference can name, so that it has no name in a vault", r.Name).
				WithFix("use letters, digits, dots, hyphens and underscores in keys")
		}
	}
	name, err := secretref.VaultName(r)
	switch {
	case err != nil:
		return Entry{}, kernel.Errorf(kernel.Invalid, "%s", err.Error()).WithFix("give the secret a shorter name")
	case !utf8.ValidString(text):
		return Entry{}, kernel.Errorf(kernel.Invalid, "%s is no text, which is all that a vault takes", r.Inside()).WithFix("write it as base64")
	case utf8.RuneCountInString(text) > MaxValue:
		return Entry{}, kernel.Errorf(kernel.TooLarge, "%s has more than the %d characters that a vault takes", r.Inside(), MaxValue)
	case text == "":
		return Entry{}, kernel.Errorf(kernel.Invalid, "%s is empty, which a vault does not take", r.Inside())
	}
	return Entry{Name: name, Value: text, ContentType: "text/plain", Tags: tags(scope, r, info.Version), Enabled: true, Expires: info.DeletedAt.UTC().Truncate(time.Second)}, nil
}

// pushPieces writes what the vault does not have, and deletes what it has too much.
func (j *job) pushPieces(ctx context.Context, i *Item, info secret.Info, data secret.Data) ([]kernel.Fact, error) {
	wanted, err := piecesOf(j.sync.Scope, info, data)
	if err != nil {
		return nil, err
	}
	var t told
	var pieces []Piece
	left := i.Pieces
	for _, e := range wanted {
		p, err := j.pushPiece(ctx, i, info, e, &t)
		if err != nil { // what was written is found the next time, what was recovered is not seen then
			return told{recovered: t.recovered}.facts(j.sync, i.Name, info.Version), err
		}
		if p.ID == "" {
			p, _ = i.piece(e.Name)
			p.Settled = false // it drifted, and stays so
		}
		pieces = append(pieces, p)
		left = slices.DeleteFunc(slices.Clone(left), func(p Piece) bool { return p.Vault == e.Name })
	}
	for _, p := range left {
		if err := j.remove(ctx, i.Name, p, &t); err != nil {
			return nil, err
		}
	}
	before := *i
	i.Pieces, i.At = pieces, j.Clock.Now()
	if len(t.changed)+len(t.missing) > 0 && j.leaves(i, info) {
		i.State, i.Reason = Drifted, driftReason(t)
		i.Fix = fmt.Sprintf("write Terrace's value again with: terrace secret sync adopt %s --stage %s --reason …", i.Name, j.sync.Scope.Stage)
		if before.State == Drifted && before.Reason == i.Reason {
			return nil, nil
		}
		return t.facts(j.sync, i.Name, info.Version), nil
	}
	if i.Adopted && before.Reason == driftReason(t) {
		t.changed, t.missing = nil, nil // it was told before somebody decided
	}
	i.State, i.Reason, i.Fix, i.Version, i.Adopted = InStep, "", "", info.Version, false
	if before.Version != info.Version && len(t.written) == 0 {
		t.written = names(wanted) // a process before this one has written it, and did not tell
	}
	return t.facts(j.sync, i.Name, info.Version), nil
}

// pushPiece brings one secret of the vault to what is wanted. A piece without an id is one
// that has drifted and is left.
func (j *job) pushPiece(ctx context.Context, i *Item, info secret.Info, wanted Entry, t *told) (Piece, error) {
	r := secretref.Reference{Name: i.Name, Key: wanted.Tags[tagKey]}
	known, recorded := i.piece(wanted.Name)
	recorded = recorded && known.ID != ""
	drifted := false
	there, err := j.vault.Get(ctx, wanted.Name)
	switch {
	case kernel.Is(err, kernel.NotFound):
		if drifted = recorded && i.Version == info.Version; drifted {
			t.missing = append(t.missing, wanted.Name)
		}
	case err != nil:
		return Piece{}, err
	default:
		mine, err := j.owned(ctx, there, r)
		if err != nil {
			return Piece{}, err
		}
		if !mine && !i.Adopted {
			return Piece{}, j.foreign(there, i.Name)
		}
		if mine && same(wanted, there) {
			return j.pieceOf(wanted, there), nil
		}
		if drifted = recorded && (i.Version == info.Version || known.ID != there.ID && !ofTerrace(there.Tags)); drifted {
			t.changed = append(t.changed, wanted.Name)
		}
	}
	if drifted && j.leaves(i, info) {
		return Piece{}, nil
	}
	return j.write(ctx, i, wanted, t)
}

// leaves reports whether what has drifted is only told: until there is another version, or
// somebody decides.
func (j *job) leaves(i *Item, info secret.Info) bool {
	return j.sync.OnDrift == Report && !i.Adopted && i.Version == info.Version
}

// same reports whether the vault has what is wanted.
func same(wanted, there Entry) bool {
	return there.Enabled && there.Value == wanted.Value && there.Expires.Equal(wanted.Expires) && sameTags(wanted.Tags, there.Tags)
}

// pieceOf is what is kept of a secret of the vault that is as it is wanted.
func (j *job) pieceOf(wanted, there Entry) Piece {
	return Piece{Vault: wanted.Name, Key: wanted.Tags[tagKey], ID: there.ID, Updated: there.Updated, Settled: j.Clock.Now().Sub(there.Updated) > 2*time.Second}
}

func (j *job) foreign(there Entry, name string) error {
	return kernel.Errorf(kernel.Conflict, "the vault has a secret %s already, %s", there.Name, whose(there.Tags)).
		WithFix("delete it there, or have Terrace write over it with: terrace secret sync adopt %s --stage %s --reason …", name, j.sync.Scope.Stage)
}

// pushGone deletes what the vault has of a secret that Terrace has no more; for ever says
// that it cannot be taken back.
func (j *job) pushGone(ctx context.Context, i *Item, forEver bool) ([]kernel.Fact, error) {
	var t told
	if plain, err := secretref.VaultName(secretref.Reference{Name: i.Name}); err == nil {
		i.add(Piece{Vault: plain}) // a process before this one may have written it, and not have kept that
	}
	for _, p := range i.Pieces {
		if err := j.remove(ctx, i.Name, p, &t); err != nil {
			return nil, err
		}
	}
	i.Pieces, i.At, i.State, i.Reason, i.Fix, i.Adopted, i.Version = nil, j.Clock.Now(), InStep, "", "", false, 0
	i.Gone = forEver
	return t.facts(j.sync, i.Name, 0), nil
}
