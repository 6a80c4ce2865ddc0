package vault

import (
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// remove deletes an item softly; with a certificate go its key and its secret.
func remove(one *call) (any, error) {
	i, err := one.live(one.kind, one.name)
	if err != nil {
		return nil, err
	}
	if i.Managed {
		return nil, forbidden("", "Operation delete is not allowed on a %s that a certificate manages.", singular(one.kind))
	}
	days, _ := one.retention()
	i.Deleted, i.Purged = one.Now().Unix(), one.Now().Add(time.Duration(days)*24*time.Hour).Unix()
	if err := one.each(i, func(kind string, part *item) error {
		part.Deleted, part.Purged = i.Deleted, i.Purged
		return one.store(kind, part)
	}); err != nil {
		return nil, err
	}
	return one.deletedBundle(i)
}

// each runs fn for an item and, for a certificate, for the key and secret that it manages.
func (one *call) each(i *item, fn func(kind string, part *item) error) error {
	if err := fn(one.kind, i); err != nil || one.kind != certificates {
		return err
	}
	for _, kind := range []string{keys, secrets} {
		if part := one.load(kind, i.Name); part != nil && part.Managed {
			if err := fn(kind, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (one *call) deletedItem() (*item, error) {
	i := one.load(one.kind, one.name)
	if i == nil || i.Deleted == 0 {
		return nil, notFound(one.kind, one.name)
	}
	return i, nil
}

func getDeleted(one *call) (any, error) {
	i, err := one.deletedItem()
	if err != nil {
		return nil, err
	}
	return one.deletedBundle(i)
}

func purge(one *call) (any, error) {
	i, err := one.deletedItem()
	if err != nil {
		return nil, err
	}
	if one.vault.Bool("properties.enablePurgeProtection") {
		return nil, forbidden("ForbiddenByPolicy", "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.")
	}
	return nil, one.each(i, func(kind string, part *item) error {
		one.forget(kind, part.Name)
		return nil
	})
}

func recoverDeleted(one *call) (any, error) {
	i, err := one.deletedItem()
	if err != nil {
		return nil, err
	}
	if err := one.each(i, func(kind string, part *item) error {
		part.Deleted, part.Purged = 0, 0
		return one.store(kind, part)
	}); err != nil {
		return nil, err
	}
	return one.bundle(i, i.at(""))
}

// bundle writes an item's version as a read of its kind does; a secret comes without its value.
func (one *call) bundle(i *item, v *version) (arm.Object, error) {
	if v == nil {
		return nil, refuse(http.StatusNotFound, "NotFound", "%s has no version yet.", i.Name)
	}
	switch one.kind {
	case keys:
		return one.keyBundle(i, v), nil
	case certificates:
		return one.certificateBundle(i, v), nil
	}
	out := one.secretBundle(i, v)
	delete(out, "value")
	return out, nil
}

func (one *call) deletedBundle(i *item) (any, error) {
	out, err := one.bundle(i, i.at(""))
	if err != nil {
		return nil, err
	}
	one.addDeletion(out, i)
	return out, nil
}

func (one *call) addDeletion(out arm.Object, i *item) {
	out["recoveryId"] = one.url("deleted"+one.kind, i.Name)
	out["deletedDate"], out["scheduledPurgeDate"] = i.Deleted, i.Purged
}
