package vault

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strconv"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// serialBits is the length of a serial number, random (CA/Browser Forum's baseline: at least 64).
const serialBits = 120

// request is the certificate signing request for a key (PKCS #10).
func (p *policy) request(key *material) ([]byte, error) {
	signer, err := key.signer()
	if err != nil {
		return nil, err
	}
	subject, err := subjectOf(p.X509.Subject)
	if err != nil {
		return nil, err
	}
	template := &x509.CertificateRequest{Subject: subject}
	if p.X509.Names != nil {
		template.DNSNames, template.EmailAddresses = p.X509.Names.DNS, p.X509.Names.Emails
	}
	return x509.CreateCertificateRequest(rand.Reader, template, signer)
}

// issue signs a certificate: by itself, or by the account at an authority. Nil: somebody else will.
func (one *call) issue(p *policy, key *material) (chain [][]byte, err error) {
	if p.Issuer.Name == issuerUnknown {
		return nil, nil
	}
	signer, err := key.signer()
	if err != nil {
		return nil, err
	}
	template, err := p.template(one.Now())
	if err != nil {
		return nil, err
	}
	if p.Issuer.Name == issuerSelf {
		raw, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
		return [][]byte{raw}, err
	}
	return one.loadIssuer(p.Issuer.Name).sign(template, signer.Public())
}

func (p *policy) template(now time.Time) (*x509.Certificate, error) {
	subject, err := subjectOf(p.X509.Subject)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: subject, NotBefore: now.Add(-10 * time.Minute).Truncate(time.Second), NotAfter: now.AddDate(0, p.X509.Months, 0).Truncate(time.Second),
		KeyUsage: keyUsage(p.X509.Usage), BasicConstraintsValid: true,
	}
	t.IsCA = t.KeyUsage&x509.KeyUsageCertSign != 0
	if p.X509.Names != nil {
		t.DNSNames, t.EmailAddresses = p.X509.Names.DNS, p.X509.Names.Emails
	}
	for _, text := range p.X509.ExtendedUsage {
		oid, err := oidOf(text)
		if err != nil {
			return nil, err
		}
		t.UnknownExtKeyUsage = append(t.UnknownExtKeyUsage, oid)
	}
	return t, nil
}

func keyUsage(names []string) (usage x509.KeyUsage) {
	bits := map[string]x509.KeyUsage{
		"digitalSignature": x509.KeyUsageDigitalSignature, "nonRepudiation": x509.KeyUsageContentCommitment, "keyEncipherment": x509.KeyUsageKeyEncipherment,
		"dataEncipherment": x509.KeyUsageDataEncipherment, "keyAgreement": x509.KeyUsageKeyAgreement, "keyCertSign": x509.KeyUsageCertSign,
		"cRLSign": x509.KeyUsageCRLSign, "encipherOnly": x509.KeyUsageEncipherOnly, "decipherOnly": x509.KeyUsageDecipherOnly,
	}
	for _, name := range names {
		usage |= bits[name]
	}
	return usage
}

func oidOf(text string) (asn1.ObjectIdentifier, error) {
	var oid asn1.ObjectIdentifier
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, badParameter("Property ekus has an invalid object identifier: %s", text)
		}
		oid = append(oid, n)
	}
	return oid, nil
}

// subjectOf reads a distinguished name such as "CN=shop, O=Shop".
func subjectOf(text string) (name pkix.Name, err error) {
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, value, is := strings.Cut(strings.TrimSpace(part), "=")
		if !is {
			return name, badParameter("Property subject is no distinguished name: %s", text)
		}
		switch value = strings.Trim(value, `"`); strings.ToUpper(strings.TrimSpace(key)) {
		case "CN":
			name.CommonName = value
		case "O":
			name.Organization = append(name.Organization, value)
		case "OU":
			name.OrganizationalUnit = append(name.OrganizationalUnit, value)
		case "C":
			name.Country = append(name.Country, value)
		case "L":
			name.Locality = append(name.Locality, value)
		case "S", "ST":
			name.Province = append(name.Province, value)
		case "STREET":
			name.StreetAddress = append(name.StreetAddress, value)
		case "SERIALNUMBER":
			name.SerialNumber = value
		default:
			return name, badParameter("Property subject has an unknown part: %s", key)
		}
	}
	return name, nil
}

// setValidity takes a version's times from its certificate.
func setValidity(v *version) {
	if c, err := x509.ParseCertificate(v.Certificate); err == nil {
		v.NotBefore, v.Expires = c.NotBefore.Unix(), c.NotAfter.Unix()
	}
}

func pemOf(key *material, chain [][]byte) string {
	var out []byte
	if key != nil {
		out = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key.Private})
	}
	for _, raw := range chain {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})...)
	}
	return string(out)
}

// pfxOf writes a PKCS #12 file without a password, as the vault does.
func pfxOf(key *material, chain [][]byte) ([]byte, error) {
	parsed := make([]*x509.Certificate, 0, len(chain))
	for _, raw := range chain {
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, c)
	}
	if key == nil {
		return pkcs12.Passwordless.EncodeTrustStore(parsed, "")
	}
	private, err := x509.ParsePKCS8PrivateKey(key.Private)
	if err != nil {
		return nil, err
	}
	return pkcs12.Passwordless.Encode(private, parsed[0], parsed[1:], "")
}
