package kafkabroker

import (
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// failure gives an error of Kafka the kernel's kind.
func failure(what string, err error) error {
	if _, ok := errors.AsType[*kernel.Error](err); ok || err == nil {
		return err
	}
	return kernel.Errorf(kindOf(err), "%s: %w", what, err)
}

// kindOf tells what an error means. What is no answer of the cluster is about the
// connection.
func kindOf(err error) kernel.Kind {
	said, ok := errors.AsType[*kerr.Error](err)
	if !ok {
		return kernel.Unavailable
	}
	for kind, errs := range meanings() {
		if slices.Contains(errs, said) {
			return kind
		}
	}
	return kernel.Unavailable
}

func meanings() map[kernel.Kind][]*kerr.Error {
	return map[kernel.Kind][]*kerr.Error{
		kernel.NotFound: {kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.GroupIDNotFound, kerr.ResourceNotFound},
		kernel.TooLarge: {kerr.MessageTooLarge, kerr.RecordListTooLarge},
		kernel.Denied: {
			kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.SaslAuthenticationFailed,
		},
		kernel.Conflict: {kerr.NonEmptyGroup, kerr.UnknownMemberID},
		kernel.Refused: {
			kerr.InvalidReplicationFactor, kerr.InvalidPartitions, kerr.InvalidConfig, kerr.PolicyViolation, kerr.SecurityDisabled,
			kerr.UnsupportedVersion, kerr.InvalidReplicaAssignment,
		},
		kernel.Invalid: {kerr.InvalidTopicException, kerr.InvalidRecord, kerr.InvalidTimestamp},
	}
}

// isOf reports whether an error is of the cluster's.
func isOf(err error, any ...*kerr.Error) bool {
	said, ok := errors.AsType[*kerr.Error](err)
	return ok && slices.Contains(any, said)
}
