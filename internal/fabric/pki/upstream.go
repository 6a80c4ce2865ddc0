package pki

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxAbove is how many certificates a chain of an authority elsewhere has at most.
const maxAbove = 8

// Upstream makes the key of an intermediate, and a request for its certificate, as PEM, which
// an authority elsewhere answers (RFC 2986). One request waits at a time.
func (s *Service) Upstream(ctx context.Context, name string) (CA, []byte, error) {
	var made CA
	var request []byte
	_, err := s.change(ctx, func(ctx context.Context, all []CA) error {
		if len(ofKind(all, CAIntermediate, CARequested, CANext)) > 0 {
			return kernel.Errorf(kernel.Conflict, "there is a next authority, or a request for one, already").WithFix("take it back with: terrace ca abort")
		}
		key, err := newKey()
		if err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
		made = s.newCA(CAIntermediate, nextGeneration(all, CAIntermediate), CARequested, nil, s.Clock.Now())
		if request, err = s.request(name, key); err != nil {
			return err
		}
		return s.insert(ctx, made, key, "certificate-authority.requested")
	})
	return made, request, err
}

// request asks for a certificate of an authority, with the extensions that it should have.
func (s *Service) request(name string, key *ecdsa.PrivateKey) ([]byte, error) {
	t, err := intermediateTemplate(s.Zones, &key.PublicKey, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	model, err := signed(t, t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	subject := pkix.Name{Organization: []string{"Terrace"}, CommonName: name}
	if name == "" {
		subject = t.Subject
	}
	asked := &x509.CertificateRequest{Subject: subject}
	for _, e := range model.Extensions {
		// Basic constraints, key usage and name constraints (RFC 5280 §4.2.1).
		if slices.ContainsFunc([]asn1.ObjectIdentifier{{2, 5, 29, 19}, {2, 5, 29, 15}, {2, 5, 29, 30}}, e.Id.Equal) {
			asked.ExtraExtensions = append(asked.ExtraExtensions, e)
		}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, asked, key)
	if err != nil {
		return nil, fmt.Errorf("request a certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// Install takes the certificate that an authority elsewhere gave for a request, followed by
// those above it up to the root, which clients trust from then on beside the one before. It
// signs after the notice.
func (s *Service) Install(ctx context.Context, chain string, notice time.Duration, withoutCross bool) ([]CA, error) {
	if err := s.Authorizer.Authorize(ctx, actionAuthority, kernel.Scope{Tenant: s.Home}); err != nil {
		return nil, err
	}
	if notice == 0 {
		notice = DefaultNotice
	}
	if notice < MinNotice || notice > MaxNotice {
		return nil, kernel.Errorf(kernel.Invalid, "the next root is trusted from %s to %s before it signs", MinNotice, MaxNotice).WithFix("give another time")
	}
	certs, err := parseChain(chain)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, func(ctx context.Context, all []CA) error {
		waiting := ofKind(all, CAIntermediate, CARequested)
		if len(waiting) == 0 {
			return kernel.Errorf(kernel.Refused, "no request waits for a certificate").WithFix("make one with: terrace ca request")
		}
		return s.install(ctx, all, waiting[0], certs, notice, withoutCross)
	})
}

func parseChain(text string) (certs []*x509.Certificate, err error) {
	wrong := kernel.Errorf(kernel.Invalid, "the chain is not what it has to be").WithProblems(kernel.Problem{
		Path: "chain", Message: "it has to be PEM: the certificate of the request, those above it, each signed by the next, and the root last", Fix: "put the files one after the other",
	})
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || !cert.IsCA || CheckKey(cert.PublicKey) != nil || len(certs) == maxAbove {
			return nil, wrong
		}
		if len(certs) > 0 && certs[len(certs)-1].CheckSignatureFrom(cert) != nil {
			return nil, wrong
		}
		certs = append(certs, cert)
	}
	if len(certs) < 2 || certs[len(certs)-1].CheckSignatureFrom(certs[len(certs)-1]) != nil {
		return nil, wrong
	}
	return certs, nil
}

// install has the certificates take the place of a request.
func (s *Service) install(ctx context.Context, all []CA, c CA, certs []*x509.Certificate, notice time.Duration, withoutCross bool) error {
	now := s.Clock.Now()
	key, err := s.unseal(ctx, c)
	if err != nil {
		return err
	}
	own, above, top := certs[0], certs[1:len(certs)-1], certs[len(certs)-1]
	if !key.PublicKey.Equal(own.PublicKey) {
		return kernel.Errorf(kernel.Invalid, "the first certificate is not for the key of the request").WithFix("give the answer to the last request, or make another: terrace ca abort, terrace ca request")
	}
	if err := s.useful(certs, key, now); err != nil {
		return err
	}
	root, known := s.rootOf(all, top, now.Add(notice))
	if err := crossable(all, root, withoutCross); err != nil {
		return err
	}
	if !known {
		if err := s.Authorities.Insert(ctx, root); err != nil {
			return err
		}
		if err := s.tellOf(ctx, root, "certificate-authority.made"); err != nil {
			return err
		}
	}
	c.State, c.Cert, c.Above, c.Parent, c.SignsAt = CANext, own, above, root.ID, now.Add(notice)
	if c.Crosses, err = s.crosses(ctx, all, root, own, &key.PublicKey, now); err != nil {
		return err
	}
	if err := s.Authorities.Save(ctx, c); err != nil {
		return err
	}
	return s.tellOf(ctx, c, "certificate-authority.rotated")
}

// rootOf is the authority elsewhere, which may be known from a certificate before.
func (s *Service) rootOf(all []CA, top *x509.Certificate, signsAt time.Time) (root CA, known bool) {
	for _, c := range ofKind(all, CARoot, CANext, CAActive, CAFormer) {
		if c.Cert.Equal(top) {
			return c, true
		}
	}
	root = s.newCA(CARoot, nextGeneration(all, CARoot), CANext, top, s.Clock.Now())
	root.SignsAt = signsAt
	return root, false
}

// useful refuses an intermediate that could not certify names of the zone to servers.
func (s *Service) useful(certs []*x509.Certificate, key *ecdsa.PrivateKey, now time.Time) error {
	roots, between := poolOf(certs[len(certs)-1:]), poolOf(certs[:len(certs)-1])
	own := certs[0]
	if own.KeyUsage&x509.KeyUsageCertSign == 0 || own.KeyUsage&x509.KeyUsageCRLSign == 0 || own.NotAfter.Sub(now) < MaxLeafLife {
		return kernel.Errorf(kernel.Invalid, "the certificate is none of an authority that signs lists of what was revoked, too, and holds for %s and longer", MaxLeafLife).
			WithFix("have it issued with CA:TRUE, keyCertSign and cRLSign, and a longer life")
	}
	name := "terrace." + s.Zones[0]
	trial, err := (&issuer{cert: own, key: key}).sign(blank{public: key.Public(), usages: ProfileServer.Usages(), dns: []string{name}, notBefore: now, notAfter: now.Add(time.Hour)})
	if err != nil {
		return err
	}
	if _, err := trial.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now.Add(time.Minute), DNSName: name}); err != nil {
		return kernel.Errorf(kernel.Invalid, "what the authority would certify does not hold: %w", err).WithFix("give every certificate up to the root, none of which has ended or excludes the zone")
	}
	return nil
}
