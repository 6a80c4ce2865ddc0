package acmewire

import (
	"encoding/json"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
)

// binding reads an external account binding (RFC 8555 §7.3.4), whose secret is not known here.
func (h *Handler) binding(raw json.RawMessage, account *jose.JSONWebKey) (*acme.Binding, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil //nolint:nilnil // none was sent
	}
	signed, header, err := parse(raw, []jose.SignatureAlgorithm{jose.HS256, jose.HS384, jose.HS512})
	if err != nil {
		return nil, err
	}
	address, _ := header.ExtraHeaders["url"].(string)
	if header.KeyID == "" || header.Nonce != "" || header.JSONWebKey != nil || address != h.at("new-account") {
		return nil, acme.Problemf(acme.Malformed, "the external account binding has to name its key, kid, and the address of new accounts, and to have no nonce")
	}
	if !same(signed.UnsafePayloadWithoutVerification(), account) {
		return nil, acme.Problemf(acme.Malformed, "the external account binding is not for the key of the account")
	}
	return &acme.Binding{Key: header.KeyID, Raw: raw, Verify: func(secret []byte) bool {
		_, err := signed.Verify(secret)
		return err == nil
	}}, nil
}

// same tells whether a key in JSON is another.
func same(raw []byte, key *jose.JSONWebKey) bool {
	var other jose.JSONWebKey
	if other.UnmarshalJSON(raw) != nil || acme.CheckKey(other.Key) != nil {
		return false
	}
	a, errA := thumbprint(&other)
	b, errB := thumbprint(key)
	return errA == nil && errB == nil && a == b
}

// rollover is what a change of keys is about, once both signatures were verified (RFC 8555
// §7.3.5).
type rollover struct {
	from, to *jose.JSONWebKey
}

// rollover reads the message within the message.
func (h *Handler) rollover(m message) (rollover, error) {
	signed, header, err := parse(m.payload, algorithms())
	if err != nil {
		return rollover{}, err
	}
	address, _ := header.ExtraHeaders["url"].(string)
	if header.JSONWebKey == nil || header.KeyID != "" || header.Nonce != "" || address != h.at("key-change") {
		return rollover{}, acme.Problemf(acme.Malformed, "the message within has to name the new key, jwk, and the same address, and to have no nonce")
	}
	if p := acme.CheckKey(header.JSONWebKey.Key); p != nil {
		return rollover{}, p
	}
	payload, err := signed.Verify(header.JSONWebKey.Key)
	if err != nil {
		return rollover{}, acme.Problemf(acme.Malformed, "the message within is not signed with the new key")
	}
	var change struct {
		Account string          `json:"account"`
		OldKey  json.RawMessage `json:"oldKey"`
	}
	if json.Unmarshal(payload, &change) != nil || change.Account != h.at("account", m.account.ID) || !same(change.OldKey, m.key) {
		return rollover{}, acme.Problemf(acme.Malformed, "the message within has to name the account and its key before")
	}
	return rollover{from: m.key, to: header.JSONWebKey}, nil
}
