package httpserver

import (
	"net/http"
	"time"
)

// part is how much is written under one deadline.
const part = 64 << 10

// writer counts what is answered, and gives a slow client a deadline that
// moves on with every part it takes, so that streams have no end of their own.
type writer struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	bytes   int64
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sends the status.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 || w.status < http.StatusOK {
		w.status = status
	}
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

// Write sends b part by part.
func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	sent := 0
	for {
		w.extend()
		n, err := w.ResponseWriter.Write(b[sent:min(len(b), sent+part)])
		sent += n
		w.bytes += int64(n)
		if err != nil || sent >= len(b) {
			return sent, err
		}
	}
}

// Flush sends what is buffered.
func (w *writer) Flush() {
	w.extend()
	_ = w.control.Flush()
}

func (w *writer) extend() {
	_ = w.control.SetWriteDeadline(time.Now().Add(stall)) // tests' writers have none
}
