package domain

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what is uploaded, in bytes and in certificates.
const (
	MaxPEM   = 64 << 10
	maxChain = 10
	// weakest is how many bits a key of RSA has at least (NIST SP 800-131A), largest how many
	// at most: with each more, every handshake takes longer.
	weakest = 2048
	largest = 4096
	// maxKey is more than what a key of the largest takes, in bytes of DER. What is larger is
	// not read at all.
	maxKey = 4 << 10
)

// pair is a certificate with its chain, and its key.
type pair struct {
	certs []*x509.Certificate
	// chain is PEM with the certificates alone, key PEM with the key alone (PKCS #8).
	chain string
	key   []byte
}

// parse reads an upload, and says everything that is wrong with it.
func parse(chain, key string, now time.Time) (*pair, error) {
	p := &pair{}
	problems := p.readChain(chain)
	private, told := readKey(key)
	problems = append(problems, told...)
	if len(problems) == 0 {
		problems = p.check(private, now)
	}
	if len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the certificate cannot be used").WithProblems(problems...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the key cannot be used: %w", err)
	}
	p.key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	clear(der)
	return p, nil
}

func ofChain(fix, format string, args ...any) kernel.Problem {
	return kernel.Problem{Path: "certificate", Message: fmt.Sprintf(format, args...), Fix: fix}
}

func ofKey(fix, format string, args ...any) kernel.Problem {
	return kernel.Problem{Path: "key", Message: fmt.Sprintf(format, args...), Fix: fix}
}

// readChain reads the certificates of a file (RFC 7468 §5).
func (p *pair) readChain(text string) []kernel.Problem {
	if len(text) > MaxPEM {
		return []kernel.Problem{ofChain("", "it has more than %d bytes", MaxPEM)}
	}
	var out strings.Builder
	blocks := 0
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return []kernel.Problem{ofChain("give the key in a file of its own", "there is a private key among the certificates")}
		}
		blocks++
		if block.Type != "CERTIFICATE" {
			return []kernel.Problem{ofChain("leave it out", "there is a block %q", block.Type)}
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return []kernel.Problem{ofChain("", "certificate %d cannot be read: %v", len(p.certs)+1, err)}
		}
		if p.certs = append(p.certs, cert); len(p.certs) > maxChain {
			return []kernel.Problem{ofChain("give the leaf and the authorities between it and the root", "there are more than %d certificates", maxChain)}
		}
		_ = pem.Encode(&out, &pem.Block{Type: block.Type, Bytes: block.Bytes}) // into memory
	}
	if begun := strings.Count(text, "-----BEGIN "); blocks > 0 && begun != blocks { // pem.Decode passes over what it cannot read
		return []kernel.Problem{ofChain("give each as it was issued, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----", "%d of its %d blocks can be read: one is damaged", blocks, begun)}
	}
	if len(p.certs) == 0 {
		return []kernel.Problem{ofChain("give PEM, which begins with -----BEGIN CERTIFICATE-----", "there is no certificate in it")}
	}
	p.chain = out.String()
	return nil
}

// readKey reads a private key: PKCS #8, PKCS #1 or SEC 1.
func readKey(text string) (crypto.Signer, []kernel.Problem) {
	if len(text) > MaxPEM {
		return nil, []kernel.Problem{ofKey("", "it has more than %d bytes", MaxPEM)}
	}
	const encrypted = "decrypt it first, with: openssl pkey -in FILE"
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		var key any
		var err error
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
			return nil, []kernel.Problem{ofKey(encrypted, "it is encrypted with a passphrase")}
		case strings.HasSuffix(block.Type, "PRIVATE KEY") && len(block.Bytes) > maxKey:
			return nil, []kernel.Problem{ofKey(strong, "it is larger than any key of RSA with %d bits", largest)}
		case block.Type == "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case block.Type == "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case block.Type == "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		default: // parameters of a curve, or a certificate
			continue
		}
		if err != nil {
			return nil, []kernel.Problem{ofKey("", "it cannot be read as a %s", block.Type)} // the reason could show what is in it
		}
		switch k := key.(type) {
		case *rsa.PrivateKey:
			return k, nil
		case *ecdsa.PrivateKey:
			return k, nil
		case ed25519.PrivateKey:
			return k, nil
		}
		return nil, []kernel.Problem{ofKey("use a key of RSA, ECDSA or Ed25519", "it is of a kind that TLS does not have")}
	}
	return nil, []kernel.Problem{ofKey("give PEM, which begins with -----BEGIN PRIVATE KEY-----", "there is no private key in it")}
}

// check says what is wrong with a leaf, its key and its chain.
func (p *pair) check(private crypto.Signer, now time.Time) (problems []kernel.Problem) {
	leaf := p.certs[0]
	if leaf.IsCA && len(p.certs) > 1 { // all else that could be said follows from it
		return []kernel.Problem{ofChain(inOrder, "the first certificate is that of an authority, %s", leaf.Subject)}
	}
	if public, ok := private.Public().(interface{ Equal(x crypto.PublicKey) bool }); !ok || !public.Equal(leaf.PublicKey) {
		problems = append(problems, ofKey("give the key that the certificate was asked for with", "it does not belong to the certificate of %s", p.names()))
	}
	problems = append(problems, strength(private)...)
	if len(leaf.ExtKeyUsage) > 0 && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny) {
		problems = append(problems, ofChain("ask for one with the extended key usage serverAuth", "the first certificate is not for servers"))
	}
	if len(leaf.DNSNames) == 0 {
		problems = append(problems, ofChain("ask for one with subject alternative names (RFC 6125): a common name counts no more", "the first certificate names no host"))
	}
	for i := range p.certs {
		problems = append(problems, p.link(i, now)...)
	}
	return problems
}

// inOrder says how a chain is ordered (RFC 8446 §4.4.2).
const inOrder = "put the certificate of the host first, then those of the authorities, each followed by the one that signed it"

// stamp is how times are told: to the second, with their zone.
const stamp = time.DateTime + " UTC"

// link says what is wrong with one certificate of the chain: its times, its key, and its
// signature by the next one. How a root has signed itself nobody looks at.
func (p *pair) link(i int, now time.Time) (problems []kernel.Problem) {
	c, which := p.certs[i], fmt.Sprintf("certificate %d of the chain", i+1)
	switch {
	case now.After(c.NotAfter):
		problems = append(problems, ofChain("renew it", "%s has expired on %s", which, c.NotAfter.UTC().Format(stamp)))
	case now.Before(c.NotBefore):
		problems = append(problems, ofChain("", "%s holds from %s on", which, c.NotBefore.UTC().Format(stamp)))
	}
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok && i > 0 && key.N.BitLen() < weakest {
		problems = append(problems, ofChain("have the certificate issued by an authority whose key has at least 2048 bits", "%s, of %s, has a key of RSA with %d bits, which clients refuse", which, c.Subject, key.N.BitLen()))
	}
	if i+1 == len(p.certs) {
		return problems
	}
	err := c.CheckSignatureFrom(p.certs[i+1])
	if _, weak := errors.AsType[x509.InsecureAlgorithmError](err); weak {
		return append(problems, ofChain("have it issued anew, signed with SHA-256 or better", "%s is signed with %s, which clients refuse", which, c.SignatureAlgorithm))
	}
	if err != nil {
		problems = append(problems, ofChain(inOrder, "%s was not signed by the one after it: %v", which, err))
	}
	return problems
}

// alone tells whether others than the leaf are missing: it comes alone and has not signed
// itself.
func (p *pair) alone() bool {
	return len(p.certs) == 1 && !bytes.Equal(p.certs[0].RawIssuer, p.certs[0].RawSubject)
}

// strong says which keys there may be.
const strong = "use one of RSA with 2048 to 4096 bits, of ECDSA on P-256, P-384 or P-521, or of Ed25519"

// strength says why a key is not for handshakes: too weak, too slow, or on a curve that
// TLS 1.3 does not have (RFC 8446 §4.2.3).
func strength(private crypto.Signer) []kernel.Problem {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < weakest || bits > largest {
			return []kernel.Problem{ofKey(strong, "it has %d bits", bits)}
		}
	case *ecdsa.PrivateKey:
		if key.Curve != elliptic.P256() && key.Curve != elliptic.P384() && key.Curve != elliptic.P521() {
			return []kernel.Problem{ofKey(strong, "it is on the curve %s, which TLS 1.3 does not have", key.Params().Name)}
		}
	}
	return nil
}

// names are those that the leaf is for, or its subject where there is none.
func (p *pair) names() string {
	if leaf := p.certs[0]; len(leaf.DNSNames) == 0 {
		return leaf.Subject.String()
	}
	return strings.Join(p.certs[0].DNSNames, ", ")
}

func (p *pair) within(domain string) bool { return isFor(p.certs[0], domain) }

// isFor tells whether a certificate is for a domain itself, also by a wildcard beside it, or
// for a name below it.
func isFor(leaf *x509.Certificate, domain string) bool {
	return leaf.VerifyHostname(domain) == nil || slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return within(strings.ToLower(name), domain) })
}

func (p *pair) covers(host string) bool { return covers(p.certs[0], host) }

// covers tells whether a certificate is for a host; for a wildcard of routes it has to have
// that very wildcard.
func covers(leaf *x509.Certificate, host string) bool {
	if strings.HasPrefix(host, "*.") {
		return slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return strings.EqualFold(name, host) })
	}
	return leaf.VerifyHostname(host) == nil
}

// leafOf is the first certificate of a chain that was kept, nil for none.
func leafOf(chain string) *x509.Certificate {
	block, _ := pem.Decode([]byte(chain))
	if block == nil {
		return nil
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return leaf
}

// describe is what is told of the certificate.
func (p *pair) describe() Certificate {
	leaf := p.certs[0]
	sum := sha256.Sum256(leaf.Raw)
	return Certificate{
		Names: leaf.DNSNames, Issuer: leaf.Issuer.String(), Serial: leaf.SerialNumber.Text(16), Fingerprint: hex.EncodeToString(sum[:]), KeyType: keyType(leaf.PublicKey),
		NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC(), Alone: p.alone(),
	}
}

func keyType(public crypto.PublicKey) string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Params().Name
	}
	return "Ed25519"
}
