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
const (
	magic       = "TSE1"
	magicStream = "TSE2"
)

type envelope struct {
	head    []byte
	kek     string
	wrapped []byte
	content []byte
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
