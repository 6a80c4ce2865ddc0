package pki

import (
	"context"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// MaxStatusRequest bounds a request for a status, in bytes.
	MaxStatusRequest = 4 << 10
	// statusLife is how long an answer about a status is good at least.
	statusLife = time.Hour
)

// Status answers a request for the status of a certificate (RFC 6960), signed by the authority
// that has signed the certificate. Like the list, it knows what was revoked: anything else is
// good (§2.2), so that what was issued a moment ago, or before a backup was restored, is not
// refused. A nonce is not answered, as RFC 8954 allows, so that an answer is good for all who ask:
// it is signed once, and anew when it has grown old or the certificate is revoked. It is public.
func (s *Service) Status(ctx context.Context, id string, request []byte) ([]byte, error) {
	by, err := s.issuerByID(id)
	if err != nil {
		return nil, err
	}
	asked, err := ocsp.ParseRequest(request)
	if err != nil || len(request) > MaxStatusRequest {
		return ocsp.MalformedRequestErrorResponse, nil
	}
	now := s.Clock.Now()
	answer := ocsp.Response{Status: ocsp.Good, SerialNumber: asked.SerialNumber, ThisUpdate: now.Add(-backdate), NextUpdate: now.Add(statusKept + statusLife), IssuerHash: asked.HashAlgorithm}
	if !s.names(asked, by) {
		answer.Status = ocsp.Unknown
		return signStatus(answer, by)
	}
	e, err := s.Inventory.Get(ctx, asked.SerialNumber.Text(16))
	switch {
	case kernel.Is(err, kernel.NotFound) || err == nil && (e.Revoked == nil || e.Issuer != by.id):
	case err != nil:
		return ocsp.TryLaterErrorResponse, nil //nolint:nilerr // that is how it is told
	default:
		answer.Status, answer.RevokedAt, answer.RevocationReason = ocsp.Revoked, e.Revoked.At, e.Revoked.Reason.Code()
	}
	return s.statuses.sign(answer, by, now)
}

func signStatus(answer ocsp.Response, by *issuer) ([]byte, error) {
	signed, err := ocsp.CreateResponse(by.cert, by.cert, answer, by.key)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "sign a status: %w", err)
	}
	return signed, nil
}

// names tells whether a request is about certificates of the authority.
func (s *Service) names(asked *ocsp.Request, by *issuer) bool {
	if !asked.HashAlgorithm.Available() {
		return false
	}
	own, err := ocsp.CreateRequest(by.cert, by.cert, &ocsp.RequestOptions{Hash: asked.HashAlgorithm})
	if err != nil {
		return false
	}
	mine, err := ocsp.ParseRequest(own)
	return err == nil && string(mine.IssuerKeyHash) == string(asked.IssuerKeyHash) && string(mine.IssuerNameHash) == string(asked.IssuerNameHash)
}
