package accesslog

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// waiting is how many lines may wait to be written.
	waiting = 16 << 10
	// atOnce is how many bytes are written at once.
	atOnce = 64 << 10
	// complainEvery is how often it is said that nothing can be written.
	complainEvery = time.Minute
)

// Config is what a Writer needs.
type Config struct {
	// Out gets the lines; the Writer closes it.
	Out io.WriteCloser
	Log *slog.Logger
	// Registerer gets the metrics; nil has none.
	Registerer prometheus.Registerer
	// Waiting is how many lines may wait; 0 is many.
	Waiting int
}

// Writer writes lines in the background. What it cannot take is counted, and no
// request waits for it.
type Writer struct {
	config  Config
	lines   chan *[]byte
	buffers sync.Pool
	dropped prometheus.Counter
	written prometheus.Counter
	// next are lines that are written next, count how many.
	next  []byte
	count int
	// said is when it was last said that nothing can be written.
	said time.Time
}

// New returns a Writer, which writes once it is served.
func New(c Config) (*Writer, error) {
	if c.Waiting == 0 {
		c.Waiting = waiting
	}
	w := &Writer{
		config: c, lines: make(chan *[]byte, c.Waiting),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "terrace_gateway_access_log_dropped_total", Help: "Lines of the access log that could not be written, or not fast enough.",
		}),
		written: prometheus.NewCounter(prometheus.CounterOpts{Name: "terrace_gateway_access_log_lines_total", Help: "Lines of the access log that were written."}),
	}
	w.buffers.New = func() any { b := make([]byte, 0, 512); return &b }
	if c.Registerer == nil {
		return w, nil
	}
	for _, m := range []prometheus.Collector{w.dropped, w.written} {
		if err := c.Registerer.Register(m); err != nil {
			return nil, fmt.Errorf("metrics of the access log: %w", err)
		}
	}
	return w, nil
}

// Write has a line written. It never waits.
func (w *Writer) Write(l *Line) {
	b := w.buffers.Get().(*[]byte) //nolint:forcetypeassert // what is stored
	*b = append(l.AppendJSON((*b)[:0]), '\n')
	select {
	case w.lines <- b:
	default:
		w.dropped.Inc()
		w.buffers.Put(b)
	}
}

// Serve writes until ctx ends, then what waits still.
func (w *Writer) Serve(ctx context.Context) error {
	for {
		select {
		case b := <-w.lines:
			w.take(ctx, b)
		case <-ctx.Done():
			for {
				select {
				case b := <-w.lines:
					w.take(ctx, b)
				default:
					return nil
				}
			}
		}
	}
}

// Close closes what is written to.
func (w *Writer) Close() error {
	if err := w.config.Out.Close(); err != nil {
		return fmt.Errorf("close the access log: %w", err)
	}
	return nil
}

// take puts a line to those that are written next, and writes them where no more
// wait or where they are many. Lines are written whole.
func (w *Writer) take(ctx context.Context, b *[]byte) {
	w.next = append(w.next, *b...)
	w.count++
	w.buffers.Put(b)
	if len(w.lines) > 0 && len(w.next) < atOnce {
		return
	}
	_, err := w.config.Out.Write(w.next)
	n := float64(w.count)
	w.next, w.count = w.next[:0], 0
	if err == nil {
		w.written.Add(n)
		return
	}
	w.dropped.Add(n)
	if now := time.Now(); now.Sub(w.said) > complainEvery {
		w.said = now
		w.config.Log.ErrorContext(ctx, "the access log of the gateway cannot be written", "error", err)
	}
}
