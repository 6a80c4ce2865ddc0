package provider

import (
	"context"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The types of what is signed (RFC 9068 §2.1; RFC 7519 §5.1).
const (
	TypeAccess = "at+jwt"
	TypeID     = "JWT"
	// TypeLogout is of what tells a client that somebody was signed out (OpenID Connect
	// Back-Channel Logout 1.0 §2.4).
	TypeLogout = "logout+jwt"
)

// Sign returns claims as a JWT of a type, signed with the key that signs at present.
func (s *Service) Sign(ctx context.Context, algorithm, typ string, claims any) (string, error) {
	known, err := s.look(ctx)
	if err != nil {
		return "", err
	}
	k, err := known.keys.current(algorithm, s.Clock.Now())
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(algorithm), Key: jose.JSONWebKey{Key: k.private, KeyID: k.ID, Algorithm: algorithm},
	}, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", kernel.Errorf(kernel.Internal, "sign: %w", err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		return "", kernel.Errorf(kernel.Internal, "sign: %w", err)
	}
	return token, nil
}

// check returns the payload of a JWT of a type that one of the keys signed. What else
// its head says, an address of keys or a key itself, is not looked at but refused.
func (s *Service) check(ctx context.Context, token, typ string, into any) (kid string, err error) {
	if len(token) > maxToken {
		return "", notValid("it is too long")
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil || len(parsed.Headers) != 1 {
		return "", notValid("it is no JWT that Terrace signs")
	}
	head := parsed.Headers[0]
	if got, _ := head.ExtraHeaders[jose.HeaderType].(string); got != typ {
		return "", notValid("it is of another type")
	}
	if head.JSONWebKey != nil {
		return "", notValid("it brings its own key")
	}
	for name := range head.ExtraHeaders {
		if name != jose.HeaderType {
			return "", notValid("its head has more than Terrace writes")
		}
	}
	known, err := s.look(ctx)
	if err != nil {
		return "", err
	}
	k, ok := known.keys.byID[head.KeyID]
	if !ok || k.Algorithm != head.Algorithm {
		return "", notValid("no key of Terrace has signed it")
	}
	if err := parsed.Claims(k.private.Public(), into); err != nil {
		return "", notValid("its signature is wrong")
	}
	return k.ID, nil
}

func notValid(why string) error {
	return kernel.Errorf(kernel.Unauthenticated, "the token is not valid: %s", why).WithFix("sign in again")
}
