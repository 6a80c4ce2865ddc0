// Package tarballtest gives tests of archives those that are small and stand for much.
//
// It owns their bytes. What is to become of them its callers say.
package tarballtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

const block = 512

// Holes is a gzipped tar with files of these sizes, called NAME0, NAME1, …, in which there
// is nothing but holes: format 1.0 of GNU's sparse files, with the map before the content.
func Holes(t testing.TB, name string, sizes ...int64) []byte {
	t.Helper()
	return zipped(t, func(w io.Writer) error {
		for i, size := range sizes {
			var one bytes.Buffer
			tw := tar.NewWriter(&one)
			holes := fmt.Sprintf("1\n%d\n0\n", size)
			// The package writes no such records, so that their first letter is put there afterwards.
			h := &tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprint(name, i), Size: block, Format: tar.FormatPAX, PAXRecords: map[string]string{
				"QNU.sparse.major": "1", "QNU.sparse.minor": "0", "QNU.sparse.name": fmt.Sprint(name, i), "QNU.sparse.realsize": fmt.Sprint(size),
			}}
			err := tw.WriteHeader(h)
			if err == nil {
				_, err = tw.Write([]byte(holes + strings.Repeat("\x00", block-len(holes))))
			}
			if err = errors.Join(err, tw.Flush()); err != nil {
				return err
			}
			if _, err := w.Write(bytes.ReplaceAll(one.Bytes(), []byte("QNU.sparse."), []byte("GNU.sparse."))); err != nil {
				return err
			}
		}
		return nil
	})
}

// Headers is a gzipped tar of size bytes that has headers of the next file, and no file.
func Headers(t testing.TB, size int) []byte {
	t.Helper()
	var one bytes.Buffer
	if err := tar.NewWriter(&one).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "é", Format: tar.FormatPAX, PAXRecords: map[string]string{"A.b": "c"}}); err != nil {
		t.Fatal(err)
	}
	header := one.Bytes()[:2*block]
	return zipped(t, func(w io.Writer) error {
		for range size / len(header) {
			if _, err := w.Write(header); err != nil {
				return err
			}
		}
		return nil
	})
}

// zipped packs what fill writes, and the end of a tar.
func zipped(t testing.TB, fill func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	err = fill(z)
	if err == nil {
		_, err = z.Write(make([]byte, 2*block))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
