package seal

import (
	"crypto/hkdf"
	"crypto/sha256"

	aead "github.com/tink-crypto/tink-go/v2/aead/subtle"
	streaming "github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// segment is how much of a stream is encrypted at once, in bytes.
const segment = 256 << 10

// ciphers are what a data key encrypts with: what is sealed whole, and streams,
// each of which has a key of its own.
type ciphers struct {
	whole  *aead.AESGCM
	stream *streaming.AESGCMHKDF
}

func newCiphers(raw []byte) (ciphers, error) {
	whole, err := aead.NewAESGCM(raw)
	if err != nil {
		return ciphers{}, err
	}
	derived, err := hkdf.Key(sha256.New, raw, nil, "terrace sealed streams", dataKeySize)
	if err != nil {
		return ciphers{}, err
	}
	defer clear(derived)
	stream, err := streaming.NewAESGCMHKDF(derived, "SHA256", dataKeySize, segment, 0)
	return ciphers{whole: whole, stream: stream}, err
}
