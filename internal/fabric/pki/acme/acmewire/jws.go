package acmewire

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
)

// maxMessage bounds what a client sends, in bytes: an order or a request of a hundred names has
// less than half of it.
const maxMessage = 64 << 10

// algorithms are those that messages may be signed with (RFC 7518 §3.1, RFC 8037 §3.1).
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.RS256, jose.PS256}
}

// message is what a client has sent, once its signature was verified (RFC 8555 §6.2).
type message struct {
	payload []byte
	// account is nil where the message names a key in its place.
	account *acme.Account
	key     *jose.JSONWebKey
}

// isGet tells a POST-as-GET (RFC 8555 §6.3).
func (m message) isGet() bool { return len(m.payload) == 0 }

// decode reads the payload, which is an object.
func (m message) decode(into any) error {
	if err := json.Unmarshal(m.payload, into); err != nil {
		return acme.Problemf(acme.Malformed, "the payload is not what this address takes: it is an object in JSON")
	}
	return nil
}

// read reads and verifies a message to an address.
func (h *Handler) read(r *http.Request) (message, error) {
	raw, err := body(r)
	if err != nil {
		return message{}, err
	}
	signed, header, err := parse(raw, algorithms())
	if err != nil {
		return message{}, err
	}
	address, _ := header.ExtraHeaders["url"].(string)
	switch {
	case !h.Service.KnownNonce(r.Context(), header.Nonce):
		return message{}, acme.Problemf(acme.BadNonce, "the nonce is none of this server's, or too old")
	case address != h.Base+r.URL.RequestURI():
		return message{}, acme.Problemf(acme.Unauthorized, "the message is for another address than %s", h.Base+r.URL.RequestURI())
	case (header.KeyID == "") == (header.JSONWebKey == nil):
		return message{}, acme.Problemf(acme.Malformed, "the message has to name either a key, jwk, or an account, kid")
	}
	m, err := h.signer(r, header)
	if err != nil {
		return message{}, err
	}
	if m.payload, err = signed.Verify(m.key.Key); err != nil {
		return message{}, acme.Problemf(acme.Malformed, "the signature is not that of the key")
	}
	return m, h.Service.UseNonce(r.Context(), header.Nonce)
}

// signer finds the key that a message says it is signed with.
func (h *Handler) signer(r *http.Request, header jose.Header) (message, error) {
	if header.JSONWebKey != nil {
		if p := acme.CheckKey(header.JSONWebKey.Key); p != nil {
			return message{}, p
		}
		return message{key: header.JSONWebKey}, nil
	}
	id, ok := strings.CutPrefix(header.KeyID, h.at("account", ""))
	if !ok {
		return message{}, acme.Problemf(acme.AccountDoesNotExist, "%.100q is no account of this server", header.KeyID)
	}
	a, err := h.Service.Account(r.Context(), id)
	if err != nil {
		return message{}, err
	}
	key := &jose.JSONWebKey{}
	if err := key.UnmarshalJSON(a.JWK); err != nil {
		return message{}, err
	}
	return message{account: &a, key: key}, nil
}

func body(r *http.Request) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/jose+json" {
		p := acme.Problemf(acme.Malformed, "messages are of the type application/jose+json")
		p.Status = http.StatusUnsupportedMediaType
		return nil, p
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxMessage+1))
	if err != nil {
		return nil, acme.Problemf(acme.Malformed, "the message cannot be read")
	}
	if len(raw) > maxMessage {
		p := acme.Problemf(acme.Malformed, "the message has more than %d bytes", maxMessage)
		p.Status = http.StatusRequestEntityTooLarge
		return nil, p
	}
	return raw, nil
}

// parse reads a message in the flattened form, with one signature and nothing unprotected.
func parse(raw []byte, taken []jose.SignatureAlgorithm) (*jose.JSONWebSignature, jose.Header, error) {
	malformed := acme.Problemf(acme.Malformed, "the message is no flattened JWS in JSON (RFC 7515 §7.2.2) with protected, payload and signature alone")
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || len(fields) != 3 {
		return nil, jose.Header{}, malformed
	}
	for _, name := range []string{"protected", "payload", "signature"} {
		if fields[name] == nil {
			return nil, jose.Header{}, malformed
		}
	}
	signed, err := jose.ParseSignedJSON(string(raw), taken)
	if _, other := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); other {
		return nil, jose.Header{}, acme.Problemf(acme.BadSignatureAlgorithm, "the algorithm of the signature is none that is taken")
	}
	if err != nil || len(signed.Signatures) != 1 {
		return nil, jose.Header{}, malformed
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders["crit"] != nil || header.ExtraHeaders["b64"] != nil {
		return nil, jose.Header{}, malformed
	}
	return signed, header, nil
}

// thumbprint is that of RFC 7638.
func thumbprint(key *jose.JSONWebKey) (string, error) {
	sum, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err //nolint:wrapcheck // a key that was checked has one
}

// plain is a key without what is not needed to verify with it.
func plain(key *jose.JSONWebKey) (json.RawMessage, error) {
	return (&jose.JSONWebKey{Key: key.Key}).MarshalJSON() //nolint:wrapcheck // a key that was checked can be written
}
