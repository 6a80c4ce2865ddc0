package acme

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Finalize has the certificate of an order made, for the key of a request (RFC 8555 §7.4). The
// same request again, of a client that has not heard the answer, gets the order as it is.
func (s *Service) Finalize(ctx context.Context, a Account, id string, csr []byte) (o Order, err error) {
	o, err = s.Order(ctx, a, id)
	if err != nil {
		return o, err
	}
	request, problem := readRequest(csr, o, a)
	if problem != nil {
		return o, problem
	}
	err = s.change(acting(ctx, a), func(ctx context.Context) error {
		if o, err = s.Order(ctx, a, id); err != nil {
			return err
		}
		switch digest := requestDigest(request); {
		case o.Status == Valid && o.Request == digest:
			return nil
		case o.Status != Ready:
			return Problemf(OrderNotReady, "the order is %s", o.Status)
		default:
			o.Request = digest
		}
		return s.issue(ctx, a, &o, request)
	})
	return o, err
}

func requestDigest(r *x509.CertificateRequest) string {
	sum := sha256.Sum256(r.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// issue has an order be signed, in the transaction of the context.
func (s *Service) issue(ctx context.Context, a Account, o *Order, request *x509.CertificateRequest) error {
	for _, name := range o.names() { // whose it is may have changed since it was ordered
		if _, err := s.identifier(ctx, a, Identifier{Type: "dns", Value: name}); err != nil {
			return err
		}
	}
	made, err := s.Issuer.Issue(ctx, Request{Scope: o.Scope, Account: o.Account, DNSNames: o.names(), PublicKey: request.PublicKey, NotBefore: o.NotBefore, NotAfter: o.NotAfter})
	if told := kernel.KindOf(err); told == kernel.Invalid || told == kernel.Refused || told == kernel.Denied {
		return Problemf(RejectedIdentifier, "%s", err.Error())
	}
	if err != nil {
		return err
	}
	c := Certificate{
		Serial: made.Serial, Scope: o.Scope, Account: o.Account, Names: o.names(), Authority: made.Leaf.AuthorityKeyId,
		NotBefore: made.Leaf.NotBefore.UTC(), NotAfter: made.Leaf.NotAfter.UTC(),
	}
	for _, chain := range made.Chains {
		c.Chains = append(c.Chains, pemOf(chain))
	}
	if err := s.Certificates.InsertCertificate(ctx, c); err != nil {
		return err
	}
	o.Status, o.Certificate = Valid, c.Serial
	if err := s.Orders.SaveOrder(ctx, *o); err != nil {
		return err
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: "acme-certificate.issued", Scope: c.Scope, Subject: c.Serial, Data: c.told()})
}

// told is what facts say of a certificate.
func (c Certificate) told() map[string]any {
	return map[string]any{"account": c.Account, "names": c.Names, "notAfter": c.NotAfter.UTC().Format(time.RFC3339)}
}

func pemOf(chain []*x509.Certificate) string {
	var out bytes.Buffer
	for _, c := range chain {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a buffer takes all
	}
	return out.String()
}

// readRequest reads a request that is for the names of an order, and no others.
func readRequest(csr []byte, o Order, a Account) (*x509.CertificateRequest, *Problem) {
	r, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, Problemf(BadCSR, "the request cannot be read: it is base64url of DER (RFC 2986)")
	}
	if p := CheckKey(r.PublicKey); p != nil { // before its signature is verified, which an oversized key makes slow
		return nil, p
	}
	if r.CheckSignature() != nil {
		return nil, Problemf(BadCSR, "the request is not signed with its key")
	}
	if len(r.IPAddresses)+len(r.EmailAddresses)+len(r.URIs) > 0 {
		return nil, Problemf(BadCSR, "the request has names that are not of DNS")
	}
	names := make([]string, 0, len(r.DNSNames)+1)
	for _, name := range r.DNSNames {
		names = append(names, strings.ToLower(name))
	}
	if cn := strings.ToLower(r.Subject.CommonName); cn != "" {
		names = append(names, cn)
	}
	slices.Sort(names)
	if !slices.Equal(slices.Compact(names), o.names()) {
		return nil, Problemf(BadCSR, "the request is not for the names of the order: %s", cut(strings.Join(o.names(), ", ")))
	}
	var own jose.JSONWebKey
	if json.Unmarshal(a.JWK, &own) == nil && sameKey(own.Key, r.PublicKey) {
		return nil, Problemf(BadCSR, "the request has the key of the account: make another for the certificate")
	}
	return r, nil
}

// sameKey tells whether two public keys are one.
func sameKey(a, b any) bool {
	switch a := a.(type) {
	case *ecdsa.PublicKey:
		return a.Equal(b)
	case *rsa.PublicKey:
		return a.Equal(b)
	case ed25519.PublicKey:
		return a.Equal(b)
	}
	return false
}

// CheckKey refuses a public key that no account and no certificate may have.
func CheckKey(public any) *Problem {
	err := pki.CheckKey(public)
	if err == nil {
		return nil
	}
	return Problemf(BadPublicKey, "%s", err)
}
