package entra

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// maxToken is the longest token that is read, in bytes.
const maxToken = 16 << 10

var (
	errMalformed = errors.New("not a signed JSON Web Token")
	errSignature = errors.New("the signature is not by a known key")
	errExpired   = errors.New("the token has expired or is not valid yet")
)

// Claims are the claims of a token.
type Claims map[string]any

// Text returns a claim that is a string, "" for none.
func (c Claims) Text(name string) string {
	s, _ := c[name].(string)
	return s
}

// Audience returns the first audience.
func (c Claims) Audience() string {
	switch aud := c["aud"].(type) {
	case string:
		return aud
	case []any:
		if len(aud) > 0 {
			s, _ := aud[0].(string)
			return s
		}
	}
	return ""
}

// Key signs tokens with RS256 (RFC 7518 §3.3).
type Key struct {
	ID      string
	private *rsa.PrivateKey
}

// NewKey wraps a private key; its id is derived from it.
func NewKey(private *rsa.PrivateKey) Key {
	sum := sha256.Sum256(private.N.Bytes())
	return Key{ID: base64.RawURLEncoding.EncodeToString(sum[:12]), private: private}
}

// Sign writes a token.
func (k Key) Sign(claims Claims) (string, error) {
	head, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": k.ID, "x5t": k.ID})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encode(head) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return text + "." + encode(signature), nil
}

// Public is the key as a JSON Web Key (RFC 7517).
func (k Key) Public() map[string]any {
	e := big.NewInt(int64(k.private.E)).Bytes()
	return map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.ID, "x5t": k.ID, "n": encode(k.private.N.Bytes()), "e": encode(e)}
}

// PublicKey is the key that checks signatures.
func (k Key) PublicKey() *rsa.PublicKey { return &k.private.PublicKey }

// Claims reads a token's claims without checking anything.
func read(token string) (claims Claims, kid string, err error) {
	parts := strings.Split(token, ".")
	if len(token) > maxToken || len(parts) != 3 {
		return nil, "", errMalformed
	}
	var head struct{ Alg, Kid string }
	if err := decode(parts[0], &head); err != nil {
		return nil, "", err
	}
	if head.Alg != "RS256" {
		return nil, "", fmt.Errorf("%w: the algorithm is %q, not RS256", errMalformed, head.Alg)
	}
	if err := decode(parts[1], &claims); err != nil {
		return nil, "", err
	}
	return claims, head.Kid, nil
}

// verify checks a token's signature by one of the keys and its times.
func verify(token string, now time.Time, keys ...*rsa.PublicKey) (Claims, error) {
	claims, _, err := read(token)
	if err != nil {
		return nil, err
	}
	at := strings.LastIndex(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	if err != nil {
		return nil, errMalformed
	}
	if !signedBy(token[:at], signature, keys) {
		return nil, errSignature
	}
	exp, _ := claims["exp"].(float64)
	nbf, _ := claims["nbf"].(float64)
	if now.Unix() >= int64(exp) || now.Unix()+60 < int64(nbf) {
		return nil, errExpired
	}
	return claims, nil
}

func signedBy(text string, signature []byte, keys []*rsa.PublicKey) bool {
	sum := sha256.Sum256([]byte(text))
	for _, key := range keys {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil {
			return true
		}
	}
	return false
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return errMalformed
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return errMalformed
	}
	return nil
}
