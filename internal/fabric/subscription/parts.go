package subscription

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// The bounds of a webhook's headers.
const (
	maxHeaders = 20
	maxHeader  = 2000
)

// references are those in the sink itself: in the path of a webhook's address and in its headers.
func (s Sink) references() []secretref.Reference {
	if s.Webhook == nil {
		return nil
	}
	var all []secretref.Reference
	for _, text := range s.Webhook.texts() {
		pieces, err := secretref.Split(text)
		if err != nil {
			continue // it was refused with its place
		}
		for _, p := range pieces {
			if p.Reference != nil && !slices.Contains(all, *p.Reference) {
				all = append(all, *p.Reference)
			}
		}
	}
	return all
}

// texts are what may have references, in a fixed order.
func (w Webhook) texts() []string {
	all := []string{w.URL}
	for _, name := range slices.Sorted(maps.Keys(w.Headers)) {
		all = append(all, w.Headers[name])
	}
	return all
}

// put returns a text with values in the places of references.
func put(text string, value func(r secretref.Reference) string) string {
	pieces, err := secretref.Split(text)
	if err != nil {
		return text // it was refused with its place
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.Reference != nil {
			b.WriteString(value(*p.Reference))
		} else {
			b.WriteString(p.Literal)
		}
	}
	return b.String()
}

// with returns the sink with values in the places of its references. A value is refused that
// would lead to another server, or that no header takes.
func (s Sink) with(values map[secretref.Reference]string) (Sink, error) {
	if s.Webhook == nil || len(values) == 0 {
		return s, nil
	}
	value := func(r secretref.Reference) string { return values[r] }
	w := *s.Webhook
	w.URL = put(s.Webhook.URL, value)
	want, err := url.Parse(s.Webhook.plain())
	if err != nil {
		return s, kernel.Errorf(kernel.Invalid, "the address of the webhook cannot be read")
	}
	got, err := url.Parse(w.URL)
	if err != nil || got.Scheme != want.Scheme || got.Host != want.Host || got.User != nil || got.Fragment != "" || strings.ContainsAny(w.URL, " \t\r\n") {
		return s, kernel.Errorf(kernel.Invalid, "the secret in the address of the webhook is no part of a path").WithFix("keep in it what stands in the address, without spaces and #")
	}
	w.Headers = map[string]string{}
	for name, text := range s.Webhook.Headers {
		if w.Headers[name] = put(text, value); unfit(w.Headers[name]) {
			return s, kernel.Errorf(kernel.Invalid, "the secret in the header %s has characters that no header takes", name).WithFix("keep it on one line")
		}
	}
	return Sink{Webhook: &w}, nil
}

// plain is the address with something harmless in the places of secrets.
func (w Webhook) plain() string {
	return put(w.URL, func(secretref.Reference) string { return "x" })
}

// unfit reports what is no value of a header (RFC 9110 §5.5).
func unfit(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

var (
	headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	// secretHeader are the names of headers that carry secrets.
	secretHeader = regexp.MustCompile(`(?i)^(proxy-)?authorization$|cookie|token|secret|password|api-?key|credential`)
	// ownHeader are those that say what is sent, and by whom.
	ownHeader = regexp.MustCompile(`(?i)^(host|content-.*|user-agent|connection|transfer-encoding|te|trailer|upgrade|webhook-.*|ce-.*)$`)
)

// referred tells what is wrong with the references of an address or a header.
func (c *checks) referred(field, text string) {
	if _, err := secretref.Split(text); err != nil {
		c.when(true, field, err.Error(), "write ${secret:STAGE/NAME}, in the tenant ${secret:PROJECT/STAGE/NAME}")
	}
}

func (w Webhook) checkHeaders(c *checks) {
	c.when(len(w.Headers) > maxHeaders, "headers", fmt.Sprintf("%d headers are too many", len(w.Headers)), fmt.Sprintf("use at most %d", maxHeaders))
	for _, name := range slices.Sorted(maps.Keys(w.Headers)) {
		field, text := "headers."+name, w.Headers[name]
		c.referred(field, text)
		switch {
		case !headerName.MatchString(name) || len(name) > 100:
			c.when(true, field, "this is no name of a header", "use letters, digits and hyphens")
		case ownHeader.MatchString(http.CanonicalHeaderKey(name)):
			c.when(true, field, "this header is set by Terrace itself", "leave it out")
		case unfit(text) || len(text) > maxHeader:
			c.when(true, field, "no header has such a value", fmt.Sprintf("use at most %d characters on one line", maxHeader))
		case secretHeader.MatchString(name) && !secretref.Mentions(text):
			c.when(true, field, "this header carries a secret, and everybody who sees the subscription would see it", "keep it with terrace secret set, and write ${secret:STAGE/NAME} in its place")
		}
	}
}

// needed is a reference with whose secret it is read as.
type needed struct {
	text string
	at   kernel.Scope
	r    secretref.Reference
	by   kernel.Actor
}

// needs are the references of a sink, and of what opens it.
func (s *Service) needs(sub Subscription, c Credentials) ([]needed, error) {
	var all []needed
	add := func(r secretref.Reference, by kernel.Actor) error {
		at, within, err := s.Secrets.Locate(sub.Scope, r)
		all = append(all, needed{r.String(), at, within, by})
		return err
	}
	for _, r := range sub.Sink.references() {
		if c.Parts == nil {
			return nil, kernel.Errorf(kernel.Denied, "it is not known who has written it").WithFix("write it again with: terrace subscription rotate %s", sub.Name)
		}
		if err := add(r, *c.Parts); err != nil {
			return nil, err
		}
	}
	if c.Referred == nil {
		return all, nil
	}
	r, _, err := secretref.Whole(c.Referred.Reference)
	if err == nil {
		err = add(r, c.Referred.By)
	}
	return all, err
}

// written checks that the actor of ctx may read what a sink refers to and that it fits, and returns that actor;
// nil where the sink refers to nothing.
func (s *Service) written(ctx context.Context, sub Subscription) (*kernel.Actor, error) {
	references := sub.Sink.references()
	if len(references) == 0 {
		return nil, nil //nolint:nilnil // nobody has written one
	}
	if s.Secrets == nil {
		return nil, kernel.Errorf(kernel.Invalid, "there is no store of secrets that the sink could refer to")
	}
	values := map[secretref.Reference]string{}
	for _, r := range references {
		at, within, err := s.Secrets.Locate(sub.Scope, r)
		if err != nil {
			return nil, err
		}
		if values[r], _, err = s.Secrets.Resolve(secretref.ReadFor(ctx, sub.origin()), at, within); err != nil {
			return nil, about(r, err)
		}
	}
	if _, err := sub.Sink.with(values); err != nil {
		return nil, err
	}
	by, _ := kernel.ActorFrom(ctx) // it was authorised
	return &by, nil
}

// about says of which reference an error is.
func about(r secretref.Reference, err error) error {
	if e, is := errors.AsType[*kernel.Error](err); is {
		said := *e
		said.Message = r.String() + ": " + e.Message
		return &said
	}
	return err
}
