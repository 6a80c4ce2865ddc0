package dns_test

import (
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
)

const (
	// sockets ask at a time, each with so many questions underway.
	sockets  = 4
	underway = 32
)

// questions are packed messages that ask for the addresses of names.
func questions(b *testing.B, names []string) [][]byte {
	b.Helper()
	all := make([][]byte, 0, len(names))
	for _, name := range names {
		packed, err := new(mdns.Msg).SetQuestion(name, mdns.TypeA).SetEdns0(1232, false).Pack()
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, packed)
	}
	return all
}

// ask asks a server for some time, and returns the answers of a second. Each has to have an
// address.
func ask(b *testing.B, address string, all [][]byte, span time.Duration) float64 {
	b.Helper()
	var answers, wrong atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for i := range sockets {
		conn, err := net.Dial("udp", address)
		if err != nil {
			b.Fatal(err)
		}
		wg.Go(func() {
			defer func() { _ = conn.Close() }()
			for at := i * len(all) / sockets; time.Since(start) < span; at += underway {
				good, bad := batch(conn, all, at)
				answers.Add(good)
				wrong.Add(bad)
			}
		})
	}
	wg.Wait()
	if n := wrong.Load(); n > 0 {
		b.Errorf("%d answers of %s are none", n, address)
	}
	return float64(answers.Load()) / time.Since(start).Seconds()
}

// batch sends questions, and waits for their answers.
func batch(conn net.Conn, all [][]byte, at int) (good, bad int64) {
	var buffer [2048]byte
	for i := range underway {
		q := all[(at+i)%len(all)]
		copy(buffer[:], q)
		binary.BigEndian.PutUint16(buffer[:], uint16(at+i))
		if _, err := conn.Write(buffer[:len(q)]); err != nil {
			return good, bad
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)) // packets that are lost are not answers
	for range underway {
		n, err := conn.Read(buffer[:])
		if err != nil {
			return good, bad
		}
		if n > 12 && buffer[3]&0xF == mdns.RcodeSuccess && binary.BigEndian.Uint16(buffer[6:]) > 0 {
			good++
		} else {
			bad++
		}
	}
	return good, bad
}
