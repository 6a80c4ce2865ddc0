package vaultsync

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// offered returns what a secret in the vault would be in Terrace. Secrets of certificates,
// and names that Terrace gives nothing, are nothing.
func offered(e Entry) (secretref.Reference, bool) {
	r, err := secretref.FromVaultName(e.Name)
	return r, err == nil && !e.Managed
}

// pull brings Terrace to what the vault has of one secret.
func (j *job) pull(ctx context.Context, i *Item) ([]kernel.Fact, error) {
	pieces, err := j.pieces(ctx, i.Name)
	if err != nil {
		return nil, err
	}
	if len(pieces) == 0 {
		return j.pullGone(i)
	}
	info, err := j.Secrets.Describe(ctx, j.sync.Scope, i.Name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, err
	}
	if i.unchanged(pieces) && info.Version == i.Version {
		i.State, i.Reason, i.Fix, i.Adopted = InStep, "", "", false
		return nil, nil
	}
	values, err := j.values(ctx, i, pieces)
	if err != nil {
		return nil, err
	}
	if info.Version > 0 && !info.Gone(j.Clock.Now()) {
		_, there, err := j.Secrets.Read(ctx, j.sync.Scope, i.Name, info.Version)
		if err != nil {
			return nil, err
		}
		if maps.Equal(texts(there), values) {
			return j.pulled(i, info, pieces), nil
		}
	}
	if info.Version != i.Version && !i.Adopted {
		return nil, j.newer(i, info)
	}
	info, err = j.Secrets.Take(ctx, j.sync.Scope, i.Name, dataOf(values), info.Version, j.origin(i.Name, pieces))
	if err != nil {
		return nil, err
	}
	return j.pulled(i, info, pieces), nil
}

// pieces are the secrets of the vault that are one of Terrace's, without their values.
func (j *job) pieces(ctx context.Context, name string) ([]Entry, error) {
	if j.named == nil {
		if err := j.list(ctx); err != nil {
			return nil, err
		}
	}
	var all []Entry
	whole := false
	for _, e := range j.named[name] {
		if r, _ := offered(e); e.Enabled {
			all = append(all, e)
			whole = whole || r.Key == ""
		}
	}
	if whole && len(all) > 1 {
		return nil, kernel.Errorf(kernel.Invalid, "the vault has secret %s as one value and as several keys", name).WithFix("delete the one or the others there")
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// unchanged reports whether a list of the vault shows what was read last.
func (i *Item) unchanged(pieces []Entry) bool {
	if len(pieces) != len(i.Pieces) || i.Adopted {
		return false
	}
	for _, e := range pieces {
		p, ok := i.piece(e.Name)
		if !ok || !p.Settled || !p.Updated.Equal(e.Updated) {
			return false
		}
	}
	return true
}

// values reads what the vault has by key, "value" for a secret of one value. The entries
// come to be what was read.
func (j *job) values(ctx context.Context, i *Item, pieces []Entry) (map[string]string, error) {
	values := map[string]string{}
	for n, e := range pieces {
		there, err := j.vault.Get(ctx, e.Name)
		if kernel.Is(err, kernel.NotFound) || err == nil && !there.Enabled {
			return nil, kernel.Errorf(kernel.Locked, "%s was deleted in the vault a moment ago", e.Name)
		}
		if err != nil {
			return nil, err
		}
		r, _ := offered(e)
		key := r.Key
		if key == "" {
			key = secret.Value
		}
		if there.Value == "" {
			return nil, kernel.Errorf(kernel.Invalid, "%s is empty in the vault", e.Name)
		}
		values[key] = there.Value
		there.Name, there.Value = e.Name, ""
		pieces[n] = there
	}
	return values, nil
}

func texts(d secret.Data) map[string]string {
	all := map[string]string{}
	for key := range d {
		all[key], _ = d.Text(key)
	}
	return all
}

func dataOf(values map[string]string) secret.Data {
	d := secret.Data{}
	for key, text := range values {
		d[key], _ = json.Marshal(text) // a text can be written
	}
	return d
}

// origin says where a version has come from.
func (j *job) origin(name string, pieces []Entry) string {
	if len(pieces) == 1 {
		return j.sync.Vault + "/secrets/" + pieces[0].Name + "/" + pieces[0].ID
	}
	plain, _ := secretref.VaultName(secretref.Reference{Name: name}) // its keys have longer ones
	return fmt.Sprintf("%s/secrets/%s--23*", j.sync.Vault, plain)
}

// pulled notes that Terrace has what the vault has.
func (j *job) pulled(i *Item, info secret.Info, pieces []Entry) []kernel.Fact {
	before := i.Version
	i.State, i.Reason, i.Fix, i.Adopted, i.Version, i.At, i.Pieces = InStep, "", "", false, info.Version, j.Clock.Now(), nil
	names := make([]string, 0, len(pieces))
	for _, e := range pieces {
		r, _ := offered(e)
		names = append(names, e.Name)
		i.Pieces = append(i.Pieces, Piece{Vault: e.Name, Key: r.Key, ID: e.ID, Updated: e.Updated, Settled: i.At.Sub(e.Updated) > 2*time.Second})
	}
	if before == info.Version || info.Origin != j.origin(i.Name, pieces) {
		return nil // somebody wrote the same here
	}
	return []kernel.Fact{fact(j.sync, "secret.sync.pulled", i.Name, map[string]any{"version": info.Version, "names": names})}
}

// newer is the conflict with a version that was made here since the vault's was taken.
func (j *job) newer(i *Item, info secret.Info) error {
	what := fmt.Sprintf("has version %d of %s, which the vault does not have", info.Version, info.CreatedBy)
	if info.Version == 0 {
		what = "has removed what was taken from the vault"
	}
	return kernel.Errorf(kernel.Conflict, "Terrace %s", what).
		WithFix("write it into the vault yourself, or have the vault's value taken with: terrace secret sync adopt %s --stage %s --reason …", i.Name, j.sync.Scope.Stage)
}

// pullGone tells that the vault has a secret no more. Terrace keeps what it has: a vault may
// be emptied by mistake.
func (j *job) pullGone(i *Item) ([]kernel.Fact, error) {
	if len(i.Pieces) == 0 {
		i.Gone = true // it was never there
		return nil, nil
	}
	before := i.State
	i.State, i.Adopted = Drifted, false
	i.Reason = fmt.Sprintf("the vault has it no more; Terrace keeps version %d", i.Version)
	i.Fix = "recover it in the vault, or delete it in Terrace as well"
	if before == Drifted {
		return nil, nil
	}
	names := make([]string, len(i.Pieces))
	for n, p := range i.Pieces {
		names[n] = p.Vault
	}
	i.At = j.Clock.Now()
	return []kernel.Fact{fact(j.sync, "secret.sync.drifted", i.Name, map[string]any{"names": names, "how": "deleted"})}, nil
}
