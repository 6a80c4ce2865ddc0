package local

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// Certificates issues what servers of this machine prove themselves by.
type Certificates interface {
	// Certificate returns one for a name, with the chain to the authority; another one once
	// two thirds of its life are over.
	Certificate(name string) (*tls.Certificate, error)
}

// loopbackName is whom caches and databases prove to be; its certificate has the loopback
// addresses.
const loopbackName = "localhost"

// The modes of TLS of a cache or a database.
const (
	tlsOffered  = "offered"
	tlsRequired = "required"
)

// certified are the files of a server's certificate; their names are empty without TLS.
type certified struct{ cert, key, ca string }

// certify writes the certificate of a server into its folder, and reports whether it is
// another one than before.
func certify(c Config, dir string) (certified, bool, error) {
	if c.Certificates == nil {
		return certified{}, false, nil
	}
	files := certified{filepath.Join(dir, "tls-certificate"), filepath.Join(dir, "tls-key"), c.CAFile}
	made, err := c.Certificates.Certificate(loopbackName)
	if err != nil {
		return files, false, fmt.Errorf("certificate of a server: %w", err)
	}
	var chain bytes.Buffer
	for _, der := range made.Certificate {
		_ = pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a buffer takes everything
	}
	if is, err := os.ReadFile(files.cert); err == nil && bytes.Equal(is, chain.Bytes()) {
		return files, false, nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		return files, false, fmt.Errorf("key of a server: %w", err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := wholefile.Replace(files.key, key, 0o600); err != nil {
		return files, false, diskError("write the key of a server", err)
	}
	return files, true, diskError("write the certificate of a server", wholefile.Replace(files.cert, chain.Bytes(), 0o600))
}
