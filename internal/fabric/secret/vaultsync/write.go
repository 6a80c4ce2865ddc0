package vaultsync

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// write writes one secret of the vault, which it recovers before where it was deleted.
func (j *job) write(ctx context.Context, i *Item, wanted Entry, t *told) (Piece, error) {
	there, err := j.vault.Set(ctx, wanted)
	if kernel.Is(err, kernel.Conflict) {
		if there, err = j.recovered(ctx, i, wanted, t); err != nil {
			return Piece{}, err
		}
		if same(wanted, there) {
			return j.pieceOf(wanted, there), nil
		}
		there, err = j.vault.Set(ctx, wanted)
	}
	if err != nil {
		return Piece{}, err
	}
	t.written = append(t.written, wanted.Name)
	return j.pieceOf(wanted, there), nil
}

// recovered takes a secret of Terrace's back that was deleted in the vault: no other can
// have its name until it is gone for ever.
func (j *job) recovered(ctx context.Context, i *Item, wanted Entry, t *told) (Entry, error) {
	deleted, err := j.vault.Deleted(ctx, wanted.Name)
	if err != nil {
		return Entry{}, underway(err, wanted.Name)
	}
	r := secretref.Reference{Name: i.Name, Key: wanted.Tags[tagKey]}
	_, had := i.piece(wanted.Name)
	if got, ok := named(j.sync.Scope, deleted); !(ok && got == r) && !had && !i.Adopted {
		return Entry{}, kernel.Errorf(kernel.Conflict, "the vault has a deleted secret %s, %s", deleted.Name, whose(deleted.Tags)).
			WithFix("purge it there, or have Terrace recover it and write over it with: terrace secret sync adopt %s --stage %s --reason …", i.Name, j.sync.Scope.Stage)
	}
	if err := j.vault.Recover(ctx, wanted.Name); err != nil {
		return Entry{}, err
	}
	t.recovered = append(t.recovered, wanted.Name)
	there, err := j.vault.Get(ctx, wanted.Name)
	return there, underway(err, wanted.Name)
}

// underway is the error of a secret that the vault is still recovering.
func underway(err error, name string) error {
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.Locked, "the vault is still recovering %s", name)
	}
	return err
}

// remove deletes a secret of the vault that is Terrace's; one that is not is left.
func (j *job) remove(ctx context.Context, name string, p Piece, t *told) error {
	there, err := j.vault.Get(ctx, p.Vault)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	mine, err := j.owned(ctx, there, secretref.Reference{Name: name, Key: p.Key})
	if err != nil || !mine {
		return err
	}
	if err := j.vault.Delete(ctx, p.Vault); err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	t.deleted = append(t.deleted, p.Vault)
	return nil
}
