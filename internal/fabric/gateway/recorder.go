package gateway

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// recorder notes the status and size of an answer, and gives each write a
// deadline: an answer may last as long as it likes, but a client that stops
// reading is cut off.
type recorder struct {
	http.ResponseWriter

	control *http.ResponseController
	stall   time.Duration
	status  int
	bytes   int64
}

func newRecorder(w http.ResponseWriter, stall time.Duration) *recorder {
	return &recorder{ResponseWriter: w, control: http.NewResponseController(w), stall: stall}
}

// Unwrap lets http.ResponseController flush and hijack.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter; informational answers are not
// the last word.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	_ = r.control.SetWriteDeadline(time.Now().Add(r.stall)) // not every writer has deadlines
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Hijack gives the connection to an upgraded protocol such as WebSocket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := r.control.Hijack()
	if err == nil {
		r.status = http.StatusSwitchingProtocols
	}
	return conn, buffers, err
}

// settle gives an answer without a head the status that net/http sends for it.
func (r *recorder) settle() {
	if r.status == 0 {
		r.status = http.StatusOK
	}
}

// body bounds a request's body in size, and each read in time: a client that
// stops sending is cut off.
type body struct {
	io.ReadCloser

	control *http.ResponseController
	stall   time.Duration
}

func newBody(w http.ResponseWriter, b io.ReadCloser, limit int64, stall time.Duration) *body {
	return &body{ReadCloser: http.MaxBytesReader(w, b, limit), control: http.NewResponseController(w), stall: stall}
}

// Read implements io.Reader. At the end the deadline goes, because the
// connection is read on for the client's leaving.
func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.stall)) // not every writer has deadlines
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
