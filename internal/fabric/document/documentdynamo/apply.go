package documentdynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxActions is what one transaction takes.
const maxActions = 100

// Apply implements document.Store.
func (s *Store) Apply(ctx context.Context, at document.Place, changes []document.Change) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var actions []types.TransactWriteItem
	var of []string // whose document each action is
	for _, c := range changes {
		made, err := s.actions(at, c)
		if err != nil {
			return err
		}
		actions = append(actions, made...)
		for range made {
			of = append(of, c.ID)
		}
	}
	if len(actions) > maxActions {
		return kernel.Errorf(kernel.TooLarge, "the batch changes %d documents and values of indexes, and DynamoDB takes %d at once", len(actions), maxActions).
			WithFix("change fewer documents at a time")
	}
	if len(actions) == 1 { // which costs half
		return refused(s.alone(ctx, actions[0]), of)
	}
	_, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions})
	return refused(err, of)
}

// alone makes one write without a transaction.
func (s *Store) alone(ctx context.Context, a types.TransactWriteItem) error {
	if d := a.Delete; d != nil {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: d.TableName, Key: d.Key, ConditionExpression: d.ConditionExpression, ExpressionAttributeValues: d.ExpressionAttributeValues,
		})
		return err
	}
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: a.Put.TableName, Item: a.Put.Item, ConditionExpression: a.Put.ConditionExpression, ExpressionAttributeValues: a.Put.ExpressionAttributeValues,
	})
	return err
}

// refused tells which document was not as it should be.
func refused(err error, of []string) error {
	if e, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		for i, reason := range e.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "ConditionalCheckFailed", "TransactionConflict":
				return document.Changed(of[i])
			}
		}
	}
	_, conflict := errors.AsType[*types.TransactionConflictException](err)
	if _, differs := errors.AsType[*types.ConditionalCheckFailedException](err); differs || conflict {
		return document.Changed(of[0])
	}
	if e, ok := errors.AsType[smithy.APIError](err); ok && e.ErrorCode() == "ValidationException" {
		return kernel.Errorf(kernel.TooLarge, "DynamoDB does not take the document: %s", e.ErrorMessage()).WithFix("make it smaller: an item has at most 400 KB there")
	}
	return mapped(err)
}

// actions are the writes of one change: of the document, and of its keys that differ.
func (s *Store) actions(at document.Place, c document.Change) ([]types.TransactWriteItem, error) {
	condition, values := "attribute_not_exists("+partition+")", item(nil)
	if c.Was != document.Absent {
		condition, values = revision+" = :was", item{":was": number(c.Was)}
	}
	now := document.Document{}
	if c.Now == nil {
		return append(s.entries(at, c, now), types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.table, Key: keyOf(at, c.ID), ConditionExpression: &condition, ExpressionAttributeValues: values,
		}}), nil
	}
	now = *c.Now
	written, err := itemOf(at, now)
	return append(s.entries(at, c, now), types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: written, ConditionExpression: &condition, ExpressionAttributeValues: values,
	}}), err
}

// entries are the writes of the items of indexes. Those that stay are written again, for
// the end of the document's life may differ.
func (s *Store) entries(at document.Place, c document.Change, now document.Document) (out []types.TransactWriteItem) {
	for name, key := range c.WasKeys {
		if is, there := now.Keys[name]; !there || is != key {
			out = append(out, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.table, Key: entryOf(at, name, key, c.ID)}})
		}
	}
	for name, key := range now.Keys {
		found := entryOf(at, name, key, c.ID)
		found[identity] = text(c.ID)
		ending(found, now)
		out = append(out, types.TransactWriteItem{Put: &types.Put{TableName: &s.table, Item: found}})
	}
	return out
}
