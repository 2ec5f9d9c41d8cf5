package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// readForeign reads what another client put.
func readForeign(ctx context.Context, c client) error {
	content, err := os.ReadFile(c.Big)
	if err != nil {
		return err
	}
	return c.holds(ctx, c.Foreign, content)
}

func readRange(ctx context.Context, c client) error {
	if err := c.put(ctx, "range", []byte("0123456789")); err != nil {
		return err
	}
	for asked, want := range map[string]string{"bytes=2-4": "234", "bytes=7-": "789", "bytes=-2": "89", "bytes=8-99": "89"} {
		body, answer, err := c.get(ctx, s3.GetObjectInput{Key: aws.String("range"), Range: &asked})
		if err != nil {
			return err
		}
		if err := same(asked, body, []byte(want)); err != nil {
			return err
		}
		begin := 10 - len(want)
		if asked == "bytes=2-4" {
			begin = 2
		}
		told := fmt.Sprintf("bytes %d-%d/10", begin, begin+len(want)-1)
		if err := equal("Content-Range", *answer.ContentRange, told); err != nil {
			return err
		}
	}
	_, _, err := c.get(ctx, s3.GetObjectInput{Key: aws.String("range"), Range: aws.String("bytes=10-")})
	return failed(err, "InvalidRange")
}

func status(err error) int {
	var told *smithyhttp.ResponseError
	if errors.As(err, &told) {
		return told.HTTPStatusCode()
	}
	return 0
}

func readConditional(ctx context.Context, c client) error {
	key := aws.String("conditional")
	if err := c.put(ctx, *key, []byte("one")); err != nil {
		return err
	}
	_, answer, err := c.get(ctx, s3.GetObjectInput{Key: key})
	if err != nil {
		return err
	}
	other := aws.String(`"00000000000000000000000000000000"`)
	if _, _, err := c.get(ctx, s3.GetObjectInput{Key: key, IfMatch: answer.ETag}); err != nil {
		return err
	}
	if _, _, err := c.get(ctx, s3.GetObjectInput{Key: key, IfNoneMatch: other}); err != nil {
		return err
	}
	_, _, err = c.get(ctx, s3.GetObjectInput{Key: key, IfNoneMatch: answer.ETag})
	if err := equal("If-None-Match", status(err), http.StatusNotModified); err != nil {
		return err
	}
	_, _, err = c.get(ctx, s3.GetObjectInput{Key: key, IfMatch: other})
	if err := equal("If-Match", status(err), http.StatusPreconditionFailed); err != nil {
		return err
	}
	_, _, err = c.get(ctx, s3.GetObjectInput{Key: key, IfModifiedSince: answer.LastModified})
	if err := equal("If-Modified-Since", status(err), http.StatusNotModified); err != nil {
		return err
	}
	before := answer.LastModified.Add(-time.Hour)
	_, _, err = c.get(ctx, s3.GetObjectInput{Key: key, IfUnmodifiedSince: &before})
	return equal("If-Unmodified-Since", status(err), http.StatusPreconditionFailed)
}

func typedErrors(ctx context.Context, c client) error {
	_, _, err := c.get(ctx, s3.GetObjectInput{Key: aws.String("nothing here")})
	var noKey *types.NoSuchKey
	if !errors.As(err, &noKey) {
		return fmt.Errorf("wanted NoSuchKey, have %v", err)
	}
	_, err = c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &c.Bucket, Key: aws.String("nothing here")})
	var notFound *types.NotFound
	if !errors.As(err, &notFound) {
		return fmt.Errorf("wanted NotFound, have %v", err)
	}
	_, err = c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("no-such-bucket-here")})
	return failed(err, "NoSuchBucket")
}
