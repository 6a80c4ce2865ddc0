package validate

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// response holds an answer against its operation before it leaves. One that is
// larger than the bound leaves unread.
func (f *filter) response(x *exchange.Exchange, c call) {
	if x.Facts.By != "" || x.Response.StatusCode() == http.StatusSwitchingProtocols {
		return // the gateway's own, or no message
	}
	said, there := c.op.answer(x.Response.StatusCode())
	if !there {
		f.answered(x, c, []Violation{{In: "status", Rule: "responses", Detail: "the API's document has no such status"}})
		return
	}
	m, wrong := said.of(string(x.Response.Header.ContentType()))
	if said == nil || wrong != nil || m == nil || m.schema == nil || string(x.Request.Header.Method()) == http.MethodHead {
		f.answered(x, c, f.bodiless(x, wrong))
		return
	}
	body, whole := f.hold(x)
	switch {
	case whole:
	case f.UnreadResponses == "refuse":
		f.answered(x, c, []Violation{{In: "body", Rule: "maxBodyBytes", Detail: "the body has more than " + strconv.Itoa(f.MaxBodyBytes) + " bytes, or ended early"}})
		return
	default:
		f.told(x, c, "response", "unread", nil)
		return
	}
	f.answered(x, c, m.check(string(x.Response.Header.ContentType()), body))
}

// bodiless forgives an answer without a body its type.
func (f *filter) bodiless(x *exchange.Exchange, wrong []Violation) []Violation {
	if !x.Streams() && len(x.Response.Body()) == 0 || x.Response.StatusCode() == http.StatusNotModified {
		return nil
	}
	return wrong
}

func (f *filter) answered(x *exchange.Exchange, c call, wrong []Violation) {
	switch {
	case len(wrong) == 0:
		f.told(x, c, "response", "fits", nil)
	case f.Responses == report:
		f.told(x, c, "response", "reported", wrong)
	default:
		f.told(x, c, "response", "refused", wrong)
		x.Refuse(KindName, http.StatusBadGateway, "Answer does not fit the API", "The service answered otherwise than the API's document says.", "")
	}
}

// hold reads the answer's body up to the bound, and puts it back.
func (f *filter) hold(x *exchange.Exchange) (body []byte, whole bool) {
	if !x.Streams() {
		return x.Response.Body(), true
	}
	var from io.Reader
	x.WrapStream(func(r io.Reader) io.Reader { from = r; return r })
	body, err := io.ReadAll(io.LimitReader(from, int64(f.MaxBodyBytes)+1))
	whole = err == nil && len(body) <= f.MaxBodyBytes
	x.WrapStream(func(r io.Reader) io.Reader {
		if err != nil {
			return io.MultiReader(bytes.NewReader(body), failing{err})
		}
		return io.MultiReader(bytes.NewReader(body), r)
	})
	return body, whole
}

// failing is the error that ended a body.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
