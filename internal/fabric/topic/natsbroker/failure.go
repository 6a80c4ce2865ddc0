package natsbroker

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The server's own codes, where the client has no name for them.
const (
	noPeers            = 10005
	noResources        = 10023
	tooLargeMessage    = 10054
	noReplicas         = 10074
	batchIncomplete    = 10176
	batchHasDuplicates = 10201
	batchesTooMany     = 10210
)

// failure gives an error of NATS the kernel's kind.
func failure(what string, err error) error {
	if _, ok := errors.AsType[*kernel.Error](err); ok || err == nil {
		return err
	}
	if silent(err) {
		return kernel.Errorf(kernel.Unavailable, "%s: the NATS server does not answer: %w", what, err).WithFix("see terrace topic brokers, and try again once it answers")
	}
	return kernel.Errorf(kindOf(err), "%s: %w", what, err)
}

// silent reports whether nothing came back: what is sent meanwhile the client keeps, until it has
// too much.
func silent(err error) bool {
	for _, of := range []error{nats.ErrReconnectBufExceeded, nats.ErrTimeout, nats.ErrNoServers, nats.ErrNoResponders, jetstream.ErrNoStreamResponse, context.DeadlineExceeded} {
		if errors.Is(err, of) {
			return true
		}
	}
	return false
}

func kindOf(err error) kernel.Kind {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrConsumerDoesNotExist),
		errors.Is(err, jetstream.ErrConsumerDeleted), errors.Is(err, jetstream.ErrMsgNotFound):
		return kernel.NotFound
	case errors.Is(err, nats.ErrMaxPayload):
		return kernel.TooLarge
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrPermissionViolation):
		return kernel.Denied
	case errors.As(err, &api):
		return kindOfCode(api)
	case errors.Is(err, context.Canceled):
		return kernel.Unavailable
	default: // no connection, no leader, no answer in time
		return kernel.Unavailable
	}
}

func kindOfCode(e *jetstream.APIError) kernel.Kind {
	switch e.ErrorCode {
	case tooLargeMessage:
		return kernel.TooLarge
	case noReplicas, noPeers:
		return kernel.Refused
	case noResources, batchIncomplete, batchesTooMany:
		return kernel.Unavailable
	default:
		if e.Code == 404 {
			return kernel.NotFound
		}
		if e.Code >= 500 {
			return kernel.Unavailable
		}
		return kernel.Refused
	}
}

// hasCode reports whether an error is the server's of that code.
func hasCode(err error, code jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == code
}
