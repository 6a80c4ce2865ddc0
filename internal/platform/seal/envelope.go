package seal

import (
	"bytes"
	"encoding/binary"

	"gocloud.dev/gcerrors"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// An envelope is: its magic; the length of the key id (1 byte) and the id; the
// length of the wrapped data key (2 bytes, big endian) and the wrapped key, which
// is the head; and the content. That is with
//
//	TSE1  the nonce, the ciphertext and the tag
//	TSE2  a stream: segments that are encrypted one by one, see stream.go
//
// Those of a keyring are shorter: the magic; the length of the id of the data key (1
// byte) and the id, which is the head; and the content as above, with TSE3 and TSE4. The
// wrapped key is in the keyring's store, so that a rotation of the key that wraps it
// rewrites no content.
const (
	magic       = "TSE1"
	magicStream = "TSE2"

	magicKeyed       = "TSE3"
	magicKeyedStream = "TSE4"
)

type envelope struct {
	head []byte
	// kek wrapped the data key that is in the head.
	kek     string
	wrapped []byte
	// key is the id of a keyring's data key, "" where the key is in the head.
	key     string
	content []byte
}

// IsOld reports whether something sealed, or its first four bytes, has its data key with
// it, wrapped by a root key: from before there was a keyring, or of a process without one.
func IsOld(sealed []byte) bool {
	return bytes.HasPrefix(sealed, []byte(magic)) || bytes.HasPrefix(sealed, []byte(magicStream))
}

// keyedHeader is the head of an envelope of a keyring.
func keyedHeader(magic, key string) []byte {
	return append(append([]byte(magic), byte(len(key))), key...)
}

// parseWhole reads what was sealed whole.
func parseWhole(sealed []byte) (envelope, error) {
	if bytes.HasPrefix(sealed, []byte(magicKeyed)) {
		return parseKeyed(sealed, magicKeyed)
	}
	return parse(sealed, magic)
}

func parseKeyed(sealed []byte, magic string) (envelope, error) {
	rest, ok := bytes.CutPrefix(sealed, []byte(magic))
	if !ok || len(rest) < 1 || len(rest) < 1+int(rest[0]) || rest[0] == 0 {
		return envelope{}, damaged()
	}
	headLen := len(magic) + 1 + int(rest[0])
	return envelope{head: sealed[:headLen:headLen], key: string(sealed[len(magic)+1 : headLen]), content: sealed[headLen:]}, nil
}

func header(magic, kek string, wrapped []byte) []byte {
	head := append([]byte(magic), byte(len(kek)))
	head = append(head, kek...)
	head = binary.BigEndian.AppendUint16(head, uint16(len(wrapped)))
	return append(head, wrapped...)
}

func parse(sealed []byte, magic string) (envelope, error) {
	rest, ok := bytes.CutPrefix(sealed, []byte(magic))
	if !ok || len(rest) < 1 {
		return envelope{}, damaged()
	}
	idLen := int(rest[0])
	rest = rest[1:]
	if len(rest) < idLen+2 {
		return envelope{}, damaged()
	}
	kek := string(rest[:idLen])
	wrappedLen := int(binary.BigEndian.Uint16(rest[idLen:]))
	rest = rest[idLen+2:]
	if len(rest) < wrappedLen {
		return envelope{}, damaged()
	}
	headLen := len(sealed) - len(rest) + wrappedLen
	return envelope{head: sealed[:headLen:headLen], kek: kek, wrapped: rest[:wrappedLen], content: rest[wrappedLen:]}, nil
}

// bind joins the head and the caller's associated data without ambiguity.
func bind(head, associated []byte) []byte {
	out := make([]byte, 0, 8+len(head)+len(associated))
	out = binary.BigEndian.AppendUint64(out, uint64(len(head)))
	out = append(out, head...)
	return append(out, associated...)
}

func damaged() error {
	return kernel.Errorf(kernel.Internal, "sealed data cannot be opened: it was altered, or sealed for another place")
}

func keeperFailed(kek string, err error) error {
	e := kernel.Errorf(kernel.Unavailable, "the key %s cannot be used at present", kek).WithFix("check the key service and Terrace's access to it")
	e.Err = err
	return e
}

// unwrapFailed tells damage, which stays, from a key service that is away.
func unwrapFailed(kek string, err error) error {
	switch gcerrors.Code(err) {
	case gcerrors.PermissionDenied, gcerrors.ResourceExhausted, gcerrors.DeadlineExceeded, gcerrors.Canceled, gcerrors.NotFound:
		return keeperFailed(kek, err)
	default:
		return damaged()
	}
}
