package documentdynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxGet and maxWrite are what one call reads and removes.
	maxGet, maxWrite = 100, 25
)

// Get implements document.Store.
func (s *Store) Get(ctx context.Context, at document.Place, ids []string) ([]document.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var out []document.Document
	for some := range slices.Chunk(ids, maxGet) {
		asked := make([]map[string]types.AttributeValue, 0, len(some))
		for _, id := range some {
			asked = append(asked, keyOf(at, id))
		}
		for rest := map[string]types.KeysAndAttributes{s.table: {Keys: asked, ConsistentRead: aws.Bool(true)}}; len(rest) > 0; {
			got, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: rest})
			if err != nil {
				return nil, mapped(err)
			}
			for _, i := range got.Responses[s.table] {
				d, err := documentOf(i)
				if err != nil {
					return nil, err
				}
				out = append(out, d)
			}
			rest = got.UnprocessedKeys
		}
	}
	return out, nil
}

// Drop implements document.Store. It reads the whole table: partitions cannot be listed.
func (s *Store) Drop(ctx context.Context, scope kernel.Scope, _ int) (n int, err error) {
	prefix := scope.Tenant + "/"
	if scope.Project != "" {
		prefix += scope.Project + "/"
	}
	if scope.Stage != "" {
		prefix += scope.Stage + "/"
	}
	pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{
		TableName: &s.table, ProjectionExpression: aws.String(partition + ", " + sort), FilterExpression: aws.String("begins_with(" + partition + ", :of)"),
		ExpressionAttributeValues: item{":of": text(prefix)}, ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, mapped(err)
		}
		if err := s.remove(ctx, page.Items); err != nil {
			return n, err
		}
		for _, i := range page.Items {
			if !strings.Contains(textOf(i[partition]), "#") {
				n++
			}
		}
	}
	return n, nil
}

func (s *Store) remove(ctx context.Context, items []map[string]types.AttributeValue) error {
	for some := range slices.Chunk(items, maxWrite) {
		requests := make([]types.WriteRequest, 0, len(some))
		for _, key := range some {
			requests = append(requests, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}})
		}
		for rest := map[string][]types.WriteRequest{s.table: requests}; len(rest) > 0; {
			done, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: rest})
			if err != nil {
				return mapped(err)
			}
			rest = done.UnprocessedItems
		}
	}
	return nil
}
