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
	// streams tells that a deadline ends an HTTP/2 stream by itself, also when
	// nothing is being written: it must go after each write.
	streams bool
	status  int
	bytes   int64
}

func newRecorder(w http.ResponseWriter, r *http.Request, stall time.Duration) *recorder {
	return &recorder{ResponseWriter: w, control: http.NewResponseController(w), stall: stall, streams: r.ProtoMajor > 1}
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
	r.arm()
	n, err := r.ResponseWriter.Write(b)
	r.disarm()
	r.bytes += int64(n)
	return n, err
}

// FlushError is for http.ResponseController.
func (r *recorder) FlushError() error {
	r.arm()
	defer r.disarm()
	return r.control.Flush()
}

func (r *recorder) arm() {
	_ = r.control.SetWriteDeadline(time.Now().Add(r.stall)) // not every writer has deadlines
}

func (r *recorder) disarm() {
	if r.streams {
		_ = r.control.SetWriteDeadline(time.Time{})
	}
}

// Hijack gives the connection to an upgraded protocol such as WebSocket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := r.control.Hijack()
	if err == nil {
		r.status = http.StatusSwitchingProtocols
	}
	return conn, buffers, err
}

// settle gives an answer without a head the status that net/http sends for it,
// and a deadline to what is still to be sent.
func (r *recorder) settle() {
	if r.status != http.StatusSwitchingProtocols {
		r.arm()
	}
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
	streams bool
}

func newBody(w http.ResponseWriter, r *http.Request, limit int64, stall time.Duration) *body {
	return &body{
		ReadCloser: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w), stall: stall, streams: r.ProtoMajor > 1,
	}
}

// Read implements io.Reader. At the end the deadline goes, because the
// connection is read on for the client's leaving.
func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.stall)) // not every writer has deadlines
	n, err := b.ReadCloser.Read(p)
	if b.streams || errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
