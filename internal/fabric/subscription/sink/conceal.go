package sink

import (
	"context"
	"errors"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

const (
	// maxSaid bounds what is told of a failure, in bytes.
	maxSaid = 600
	// hidden stands in the place of a secret.
	hidden = "[secret]"
)

// secretsOf are what a sink is opened with and nobody is shown.
func secretsOf(c subscription.Credentials) *conceal.Values {
	values := conceal.Of(c.Password)
	for _, value := range c.Hidden {
		values.Add(value)
	}
	for _, k := range c.Keys {
		values.Add(k.Value)
		values.Add(string(k.Bytes()))
	}
	return values
}

// discreet is a sender whose words have no secrets: a sink may repeat what it was sent, and a
// library what it was given.
type discreet struct {
	subscription.Sender
	cut func(text string) string
}

// Send sends, and tells of it what may be told.
func (d discreet) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	answer, err := d.Sender.Send(ctx, e, body)
	return d.told(answer), d.failure(err)
}

func (d discreet) told(text string) string {
	if text = d.cut(text); len(text) > maxSaid {
		return strings.ToValidUTF8(text[:maxSaid], "") + "…"
	}
	return text
}

// failure is err in words that may be told, and of its kind.
func (d discreet) failure(err error) error {
	if err == nil {
		return nil
	}
	words := d.told(err.Error())
	if denial, ok := errors.AsType[*subscription.Denial](err); ok {
		said := *denial
		said.Message = words
		return &said
	}
	if rejection, ok := errors.AsType[*subscription.Rejection](err); ok {
		said := *rejection
		said.Message = words
		return &said
	}
	if busy, ok := errors.AsType[*subscription.Busy](err); ok {
		said := *busy
		said.Message = words
		return &said
	}
	return &failure{words, err}
}

// failure is an error in words that may be told.
type failure struct {
	words string
	cause error
}

// Error returns the words.
func (f *failure) Error() string { return f.words }

// Unwrap returns what it is made of, whose own words are not for people.
func (f *failure) Unwrap() error { return f.cause }
