package canary_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

const (
	// unpackedMost bounds what is read of one archive.
	unpackedMost = 64 << 20
	// deepest is how many archives may be in each other.
	deepest = 4
	// localHeader is the size of what precedes a file's name in a zip archive.
	localHeader = 30
)

// packing is one way to pack bytes, and how its streams begin.
type packing struct {
	begins []byte
	open   func(io.Reader) (io.Reader, error)
}

// packings are those that Terrace, terraform, git, browsers and log shippers know.
func packings() []packing {
	inflate := func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }
	snappy := func(r io.Reader) (io.Reader, error) { return s2.NewReader(r), nil }
	return []packing{
		{[]byte{0x1f, 0x8b, 8}, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
		{[]byte{0x28, 0xb5, 0x2f, 0xfd}, func(r io.Reader) (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(unpackedMost))
		}},
		{[]byte("PK\x03\x04"), member},
		{[]byte{0x78, 0x01}, inflate},
		{[]byte{0x78, 0x5e}, inflate},
		{[]byte{0x78, 0x9c}, inflate},
		{[]byte{0x78, 0xda}, inflate},
		{[]byte("\xff\x06\x00\x00sNaPpY"), snappy},
		{[]byte("\xff\x06\x00\x00S2sTwO"), snappy},
	}
}

// member reads one file of a zip archive from its own header, wherever the archive is.
func member(r io.Reader) (io.Reader, error) {
	header := make([]byte, localHeader)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	names := binary.LittleEndian.Uint16(header[26:]) + binary.LittleEndian.Uint16(header[28:])
	if _, err := io.CopyN(io.Discard, r, int64(names)); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint16(header[8:]) == 0 {
		return stored(r, int64(binary.LittleEndian.Uint32(header[18:])))
	}
	return flate.NewReader(r), nil
}

// stored reads a file that is in an archive as it is: to its size or, where that comes
// behind it, to there. What follows is read by itself.
func stored(r io.Reader, size int64) (io.Reader, error) {
	if size > 0 {
		return io.LimitReader(r, size), nil
	}
	rest, err := io.ReadAll(r)
	if at := bytes.Index(rest, []byte("PK\x07\x08")); at >= 0 {
		rest = rest[:at]
	}
	return bytes.NewReader(rest), err
}

// unpacked returns what the streams in a text hold, wherever they begin, and what is
// packed in that.
func unpacked(text []byte, deep int) (parts [][]byte) {
	if deep == 0 {
		return nil
	}
	for _, p := range packings() {
		for rest := text; ; rest = rest[1:] {
			at := bytes.Index(rest, p.begins)
			if at < 0 {
				break
			}
			rest = rest[at:]
			stream, err := p.open(bytes.NewReader(rest))
			if err != nil {
				continue
			}
			part, _ := io.ReadAll(io.LimitReader(stream, unpackedMost)) // what comes after the stream is no error of it
			if len(part) >= keyed {
				parts = append(append(parts, part), unpacked(part, deep-1)...)
			}
		}
	}
	return parts
}
