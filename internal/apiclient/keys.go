package apiclient

import (
	"context"
	"net/http"
)

// Keys tells where the key-encryption keys stand.
func (c *Client) Keys(ctx context.Context) (KeyringStatus, error) {
	var all KeyringStatus
	for cursor := ""; ; {
		var s KeyringStatus
		if err := c.call(ctx, http.MethodGet, query(escape("keys"), GetKeysParams{Cursor: cursor}), nil, &s); err != nil {
			return all, err
		}
		s.Keys = append(all.Keys, s.Keys...)
		if all = s; s.Next == "" {
			return all, nil
		}
		cursor, all.Next = s.Next, ""
	}
}

// RotateKey gives the tenant a new key.
func (c *Client) RotateKey(ctx context.Context, reason string) (KeyringKey, error) {
	var k KeyringKey
	return k, c.call(ctx, http.MethodPost, escape("keys", "rotation"), KeyRotation{Reason: reason}, &k)
}

// RotateRootKey has another root key wrap the keys of all tenants.
func (c *Client) RotateRootKey(ctx context.Context, reason string) (RotateRootKeyResponse, error) {
	var r RotateRootKeyResponse
	return r, c.call(ctx, http.MethodPost, escape("keys", "root", "rotation"), KeyRotation{Reason: reason}, &r)
}

// DestroyKeys makes everything unreadable that is sealed for a tenant.
func (c *Client) DestroyKeys(ctx context.Context, in DestroyKeysRequest) error {
	return c.call(ctx, http.MethodPost, escape("keys", "destruction"), in, nil)
}
