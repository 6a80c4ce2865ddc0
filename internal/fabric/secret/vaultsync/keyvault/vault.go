package keyvault

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// vault is a vaultsync.Vault.
type vault struct {
	secrets      *azsecrets.Client
	certificates *azcertificates.Client
	scope        kernel.Scope
	clock        kernel.Clock
	// issuer, audience and client are how Terrace signs in, and host is where, for what people
	// are told.
	issuer, audience, client, host string
	// subject is whom the last token names, nil before the first.
	subject atomic.Pointer[string]
}

// List returns all secrets, without their values.
func (v *vault) List(ctx context.Context) ([]vaultsync.Entry, error) {
	var all []vaultsync.Entry
	for pager := v.secrets.NewListSecretPropertiesPager(nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, v.failure(ctx, err)
		}
		for _, p := range page.Value {
			all = append(all, entry(p.ID, p.Attributes, p.Tags, p.ContentType, p.Managed))
		}
		if len(all) > vaultsync.MaxEntries {
			return nil, outage(kernel.Errorf(kernel.TooLarge, "the vault has more than %d secrets", vaultsync.MaxEntries).WithFix("use a vault for each stage"))
		}
	}
	return all, nil
}

// Versions returns all versions of a secret, without their values.
func (v *vault) Versions(ctx context.Context, name string) ([]vaultsync.Entry, error) {
	var all []vaultsync.Entry
	for pager := v.secrets.NewListSecretPropertiesVersionsPager(name, nil); pager.More() && len(all) < vaultsync.MaxEntries; {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, v.failure(ctx, err)
		}
		for _, p := range page.Value {
			all = append(all, entry(p.ID, p.Attributes, p.Tags, p.ContentType, p.Managed))
		}
	}
	return all, nil
}

// Get returns the newest version of a secret, one that is disabled without its value.
func (v *vault) Get(ctx context.Context, name string) (vaultsync.Entry, error) {
	got, err := v.secrets.GetSecret(ctx, name, "", nil)
	if isDisabled(err) {
		return v.disabled(ctx, name)
	}
	if err != nil {
		return vaultsync.Entry{}, v.failure(ctx, err)
	}
	e := entry(got.ID, got.Attributes, got.Tags, got.ContentType, got.Managed)
	if got.Value != nil {
		e.Value = *got.Value
	}
	return e, nil
}

// disabled is the newest version of a secret that the vault does not show.
func (v *vault) disabled(ctx context.Context, name string) (vaultsync.Entry, error) {
	all, err := v.Versions(ctx, name)
	newest := vaultsync.Entry{Name: name}
	created := time.Time{}
	for _, e := range all {
		if !e.Enabled && !e.Updated.Before(created) {
			newest, created = e, e.Updated
		}
	}
	return newest, err
}

// Set writes a version and returns it.
func (v *vault) Set(ctx context.Context, e vaultsync.Entry) (vaultsync.Entry, error) {
	in := azsecrets.SetSecretParameters{Value: &e.Value, ContentType: &e.ContentType, Tags: map[string]*string{}, SecretAttributes: &azsecrets.SecretAttributes{Enabled: &e.Enabled}}
	for name, value := range e.Tags {
		in.Tags[name] = &value
	}
	if !e.Expires.IsZero() {
		in.SecretAttributes.Expires = &e.Expires
	}
	got, err := v.secrets.SetSecret(ctx, e.Name, in, nil)
	if err != nil {
		return vaultsync.Entry{}, v.failure(ctx, err)
	}
	return entry(got.ID, got.Attributes, got.Tags, got.ContentType, got.Managed), nil
}

// Delete deletes a secret, which can be recovered for a while.
func (v *vault) Delete(ctx context.Context, name string) error {
	_, err := v.secrets.DeleteSecret(ctx, name, nil)
	return v.failure(ctx, err)
}

// Deleted returns a secret that was deleted and can be recovered.
func (v *vault) Deleted(ctx context.Context, name string) (vaultsync.Entry, error) {
	got, err := v.secrets.GetDeletedSecret(ctx, name, nil)
	if err != nil {
		return vaultsync.Entry{}, v.failure(ctx, err)
	}
	return entry(got.ID, got.Attributes, got.Tags, got.ContentType, got.Managed), nil
}

// Recover takes a deleted secret back.
func (v *vault) Recover(ctx context.Context, name string) error {
	_, err := v.secrets.RecoverDeletedSecret(ctx, name, nil)
	return v.failure(ctx, err)
}

func entry(id *azsecrets.ID, a *azsecrets.SecretAttributes, tags map[string]*string, contentType *string, managed *bool) vaultsync.Entry {
	e := vaultsync.Entry{Tags: map[string]string{}, Managed: managed != nil && *managed}
	if id != nil && strings.Count(string(*id), "/") >= 4 {
		e.Name, e.ID = id.Name(), id.Version()
	}
	for name, value := range tags {
		if value != nil {
			e.Tags[name] = *value
		}
	}
	if contentType != nil {
		e.ContentType = *contentType
	}
	if a == nil {
		return e
	}
	e.Enabled = a.Enabled == nil || *a.Enabled
	if a.Updated != nil {
		e.Updated = a.Updated.UTC()
	}
	if a.Expires != nil {
		e.Expires = a.Expires.UTC()
	}
	return e
}
