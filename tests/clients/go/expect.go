package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

func equal[T comparable](what string, have, want T) error {
	if have != want {
		return fmt.Errorf("%s: have %v, want %v", what, have, want)
	}
	return nil
}

func same(what string, have, want []byte) error {
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%s: %d bytes differ from the %d wanted", what, len(have), len(want))
	}
	return nil
}

// failed expects an error of the service with this code.
func failed(err error, code string) error {
	var told smithy.APIError
	if !errors.As(err, &told) {
		return fmt.Errorf("wanted %s, have %v", code, err)
	}
	return equal("error's code", told.ErrorCode(), code)
}

func (c client) put(ctx context.Context, key string, body []byte) error {
	_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &c.Bucket, Key: &key, Body: bytes.NewReader(body)})
	return err
}

func (c client) get(ctx context.Context, input s3.GetObjectInput) ([]byte, *s3.GetObjectOutput, error) {
	input.Bucket = &c.Bucket
	answer, err := c.s3.GetObject(ctx, &input)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return body, answer, err
}

// holds expects an object with this content.
func (c client) holds(ctx context.Context, key string, want []byte) error {
	body, _, err := c.get(ctx, s3.GetObjectInput{Key: aws.String(key)})
	if err != nil {
		return err
	}
	return same(key, body, want)
}
