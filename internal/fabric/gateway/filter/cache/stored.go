package cache

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/valyala/fasthttp"
)

// stored is what is kept under a key. Under that of a URL it is a variation:
// which headers of a request choose among its answers. Under a key with these
// headers it is an answer.
type stored struct {
	// Generation makes the keys of the answers below a variation; a new variation
	// has none of the old one's. Vary names the headers of requests.
	Generation string   `json:"generation,omitempty"`
	Vary       []string `json:"vary,omitempty"`
	// Passed tells that the answers turned out to be for one client each: nobody
	// waits for another's.
	Passed bool `json:"passed,omitempty"`

	answer
}

// answer is a stored answer and what is known of it.
type answer struct {
	Status int `json:"status,omitempty"`
	// Received is when the head came, Age how old it was then, in seconds;
	// Lifetime is how long it is fresh from its birth on.
	Received time.Time `json:"received,omitzero"`
	Age      int64     `json:"age,omitempty"`
	Lifetime int64     `json:"lifetime,omitempty"`
	// WhileRevalidate and IfError are how long it may be used stale, in seconds.
	WhileRevalidate int64 `json:"whileRevalidate,omitempty"`
	IfError         int64 `json:"ifError,omitempty"`
	// Revalidate forbids its use stale, NoCache its use without asking.
	Revalidate bool   `json:"revalidate,omitempty"`
	NoCache    bool   `json:"noCache,omitempty"`
	ETag       string `json:"etag,omitempty"`
	Modified   string `json:"modified,omitempty"`
	// Date is when the service made it.
	Date time.Time `json:"date,omitzero"`
	Tags []string  `json:"tags,omitempty"`

	// head is the answer's head as it goes on the wire; body is never changed.
	head, body []byte
}

// isAnswer tells an answer from a variation.
func (s *stored) isAnswer() bool { return s.Status != 0 }

// age is how old an answer is, in seconds (RFC 9111 §4.2.3).
func (s *stored) age(now time.Time) int64 {
	return s.Age + max(0, int64(now.Sub(s.Received)/time.Second))
}

// until is when it is dropped. Beyond what it says it may be used stale where a
// client takes that, or be asked for where it has a validator.
func (s *stored) until() time.Time {
	left := s.Lifetime - s.Age + max(s.WhileRevalidate, s.IfError, 0)
	end := s.Received.Add(time.Duration(left) * time.Second)
	if s.ETag != "" || s.Modified != "" {
		return end.Add(keep)
	}
	return end.Add(linger)
}

// codec is how stored answers are measured, and written for other replicas.
type codec struct{}

// Size implements cache.Codec.
func (codec) Size(s *stored) int {
	n := 256 + len(s.head) + len(s.body) + len(s.Generation)
	for _, name := range s.Vary {
		n += len(name)
	}
	return n
}

// Encode implements cache.Codec.
func (codec) Encode(s *stored) ([]byte, error) {
	meta, err := json.Marshal(s)
	if err != nil {
		return nil, err //nolint:wrapcheck // cannot be
	}
	out := make([]byte, 0, 8+len(meta)+len(s.head)+len(s.body))
	out = binary.BigEndian.AppendUint32(out, uint32(len(meta)))
	out = append(out, meta...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(s.head)))
	out = append(out, s.head...)
	return append(out, s.body...), nil
}

var errCut = errors.New("a stored answer is not whole")

// Decode implements cache.Codec.
func (codec) Decode(b []byte) (*stored, error) {
	meta, b, ok := cut(b)
	if !ok {
		return nil, errCut
	}
	s := &stored{}
	if err := json.Unmarshal(meta, s); err != nil {
		return nil, err //nolint:wrapcheck // it is dropped
	}
	if s.head, s.body, ok = cut(b); !ok || s.isAnswer() && !s.readable() {
		return nil, errCut
	}
	return s, nil
}

// readable tells that the head of an answer is one.
func (s *stored) readable() bool {
	var h fasthttp.ResponseHeader
	return s.readInto(&h) == nil && h.StatusCode() == s.Status && h.ContentLength() == len(s.body)
}

func cut(b []byte) (part, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := int64(binary.BigEndian.Uint32(b))
	if b = b[4:]; int64(len(b)) < n {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}
