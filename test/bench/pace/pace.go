// Package pace asks a server of HTTP at a pace, and tells how long each answer took from when
// its request was due: what waits for a slow one counts. It tells, too, what the host of a
// virtual machine takes of its processors meanwhile.
//
// It owns the client and the clock of benchmarks. What is measured, and beside what, is theirs.
package pace

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/procfs"
)

// Turn is how long is measured at once where only those turns count in which the host has taken
// nothing: an instant of some milliseconds would be the 99th percentile of a longer one.
const Turn = 100 * time.Millisecond

// Stolen is how many seconds of processor time the host of a virtual machine has taken from it,
// where the system tells.
func Stolen() float64 {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return 0
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0
	}
	return stat.CPUTotal.Steal
}

// Quantile is the one of so many percent, 0 to 99; 0 where nothing took any time.
func Quantile(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)*percent/100]
}

// Clients are connections to one server, each of which asks for / again and again.
type Clients struct {
	conns   []net.Conn
	readers []*bufio.Reader
	request string
	size    int
}

// Open opens so many connections, which ask for a host and want an answer of so many bytes.
func Open(connections int, host string, size int, dial func() (net.Conn, error)) (*Clients, error) {
	c := &Clients{request: "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", size: size}
	for range connections {
		conn, err := dial()
		if err != nil {
			c.Close()
			return nil, err
		}
		c.conns, c.readers = append(c.conns, conn), append(c.readers, bufio.NewReader(conn))
	}
	return c, nil
}

// Close ends the connections.
func (c *Clients) Close() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// Ask asks so often a second, over all connections, and returns how long each took.
func (c *Clients) Ask(perSecond float64, d time.Duration) ([]time.Duration, error) {
	all := time.Duration(len(c.conns))
	pause := time.Duration(float64(time.Second) * float64(all) / perSecond)
	began := time.Now().Add(10 * time.Millisecond)
	return c.each(func(i int) ([]time.Duration, error) {
		return c.paced(i, began.Add(pause*time.Duration(i)/all), pause, d)
	})
}

// Most asks as fast as it is answered, and returns how many requests a second that were.
func (c *Clients) Most(d time.Duration) (perSecond float64, err error) {
	began := time.Now()
	took, err := c.each(func(i int) (took []time.Duration, err error) {
		for time.Since(began) < d && err == nil {
			took, err = append(took, 0), c.ask(i)
		}
		return took, err
	})
	return float64(len(took)) / time.Since(began).Seconds(), err
}

// each has all connections ask at the same time.
func (c *Clients) each(do func(i int) ([]time.Duration, error)) (took []time.Duration, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range c.conns {
		all.Go(func() {
			own, wrong := do(i)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
			if wrong != nil {
				err = wrong
			}
		})
	}
	all.Wait()
	return took, err
}

func (c *Clients) paced(i int, due time.Time, pause, d time.Duration) (took []time.Duration, err error) {
	for end := due.Add(d); due.Before(end); due = due.Add(pause) {
		time.Sleep(time.Until(due))
		if err := c.ask(i); err != nil {
			return took, err
		}
		took = append(took, time.Since(due))
	}
	return took, nil
}

// ask asks once on a connection, and reads the answer.
func (c *Clients) ask(i int) error {
	_ = c.conns[i].SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(c.conns[i], c.request); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	head, length := "", 0
	for {
		line, err := c.readers[i].ReadString('\n')
		if err != nil {
			return fmt.Errorf("read an answer: %w", err)
		}
		if head == "" {
			head = strings.TrimSpace(line)
		}
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && strings.EqualFold(name, "content-length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if line == "\r\n" {
			break
		}
	}
	if length != c.size {
		return fmt.Errorf("an answer of %d bytes: %s", length, head)
	}
	_, err := c.readers[i].Discard(c.size)
	return err //nolint:wrapcheck // says what it is
}
