package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func writeConditional(ctx context.Context, c client) error {
	input := func(body string) *s3.PutObjectInput {
		return &s3.PutObjectInput{Bucket: &c.Bucket, Key: aws.String("once"), Body: strings.NewReader(body)}
	}
	first := input("first")
	first.IfNoneMatch = aws.String("*")
	answer, err := c.s3.PutObject(ctx, first)
	if err != nil {
		return err
	}
	again := input("again")
	again.IfNoneMatch = aws.String("*")
	if _, err := c.s3.PutObject(ctx, again); failed(err, "PreconditionFailed") != nil {
		return failed(err, "PreconditionFailed")
	}
	next := input("next")
	next.IfMatch = answer.ETag
	if _, err := c.s3.PutObject(ctx, next); err != nil {
		return err
	}
	return c.holds(ctx, "once", []byte("next"))
}

// copyObject copies from an odd name, with the metadata and with other metadata.
func copyObject(ctx context.Context, c client) error {
	source := "from/ä +%41.txt"
	if _, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &c.Bucket, Key: &source,
		Body: strings.NewReader("copied"), ContentType: aws.String("text/x-source"),
		Metadata: map[string]string{"origin": "source"}}); err != nil {
		return err
	}
	encoded := c.Bucket + "/" + strings.ReplaceAll(url.QueryEscape(source), "+", "%20")
	if _, err := c.s3.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &c.Bucket, Key: aws.String("copy"),
		CopySource: &encoded}); err != nil {
		return err
	}
	body, answer, err := c.get(ctx, s3.GetObjectInput{Key: aws.String("copy")})
	if err != nil {
		return err
	}
	if err := equal("copy", string(body)+*answer.ContentType+answer.Metadata["origin"], "copiedtext/x-sourcesource"); err != nil {
		return err
	}
	if _, err := c.s3.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &c.Bucket, Key: aws.String("copy"),
		CopySource: &encoded, MetadataDirective: types.MetadataDirectiveReplace,
		ContentType: aws.String("text/x-new"), Metadata: map[string]string{"origin": "new"}}); err != nil {
		return err
	}
	body, answer, err = c.get(ctx, s3.GetObjectInput{Key: aws.String("copy")})
	if err != nil {
		return err
	}
	return equal("copy", string(body)+*answer.ContentType+answer.Metadata["origin"], "copiedtext/x-newnew")
}

func listPages(ctx context.Context, c client) error {
	var want, have, old []string
	for i := range 23 {
		key := fmt.Sprintf("list/%02d", i)
		want = append(want, key)
		if err := c.put(ctx, key, []byte(key)); err != nil {
			return err
		}
	}
	prefix := aws.String("list/")
	pages := s3.NewListObjectsV2Paginator(c.s3, &s3.ListObjectsV2Input{Bucket: &c.Bucket, Prefix: prefix, MaxKeys: aws.Int32(7)})
	count := 0
	for ; pages.HasMorePages(); count++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, object := range page.Contents {
			have = append(have, *object.Key)
		}
	}
	if err := equal("pages", count, 4); err != nil {
		return err
	}
	if !slices.Equal(have, want) {
		return fmt.Errorf("listed %v", have)
	}
	marker := ""
	for more := true; more; {
		page, err := c.s3.ListObjects(ctx, &s3.ListObjectsInput{Bucket: &c.Bucket, Prefix: prefix,
			MaxKeys: aws.Int32(7), Marker: &marker})
		if err != nil {
			return err
		}
		for _, object := range page.Contents {
			old = append(old, *object.Key)
		}
		more, marker = *page.IsTruncated, old[len(old)-1]
	}
	if !slices.Equal(old, want) {
		return fmt.Errorf("listed by version 1 %v", old)
	}
	return nil
}

func listDelimiter(ctx context.Context, c client) error {
	for _, key := range []string{"tree/a", "tree/b/1", "tree/b/2", "tree/c d/1", "tree/e"} {
		if err := c.put(ctx, key, nil); err != nil {
			return err
		}
	}
	page, err := c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &c.Bucket, Prefix: aws.String("tree/"), Delimiter: aws.String("/")})
	if err != nil {
		return err
	}
	var have []string
	for _, object := range page.Contents {
		have = append(have, *object.Key)
	}
	for _, prefix := range page.CommonPrefixes {
		have = append(have, *prefix.Prefix)
	}
	return equal("tree", strings.Join(have, ","), "tree/a,tree/e,tree/b/,tree/c d/")
}

func deleteObjects(ctx context.Context, c client) error {
	batch := types.Delete{}
	for _, key := range c.XMLNames {
		if err := c.put(ctx, key, nil); err != nil {
			return err
		}
		batch.Objects = append(batch.Objects, types.ObjectIdentifier{Key: &key})
	}
	if _, err := c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.Bucket, Key: batch.Objects[0].Key}); err != nil {
		return err
	}
	answer, err := c.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &c.Bucket, Delete: &batch})
	if err != nil {
		return err
	}
	if len(answer.Errors) != 0 || len(answer.Deleted) != len(batch.Objects) {
		return fmt.Errorf("deleted %d of %d, errors %v", len(answer.Deleted), len(batch.Objects), answer.Errors)
	}
	for _, key := range c.XMLNames {
		_, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &c.Bucket, Key: &key})
		if err := failed(err, "NotFound"); err != nil {
			return err
		}
	}
	return nil
}

// presign sends and reads with URLs alone.
func presign(ctx context.Context, c client) error {
	key := aws.String("presigned/ä +%41//x")
	signer := s3.NewPresignClient(c.s3, s3.WithPresignExpires(time.Minute))
	put, err := signer.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &c.Bucket, Key: key})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, put.Method, put.URL, strings.NewReader("by URL"))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if err := equal("PUT by URL", answer.StatusCode, http.StatusOK); err != nil {
		return err
	}
	get, err := signer.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &c.Bucket, Key: key,
		ResponseContentType: aws.String("text/x-asked")})
	if err != nil {
		return err
	}
	answer, err = http.Get(get.URL)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return equal("GET by URL", string(body)+answer.Header.Get("Content-Type"), "by URLtext/x-asked")
}

func keepMetadata(ctx context.Context, c client) error {
	expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &c.Bucket, Key: aws.String("kept/metadata"),
		Body: strings.NewReader("{}"), ContentType: aws.String("application/x-odd; charset=utf-8"),
		ContentDisposition: aws.String(`attachment; filename="a b.txt"`), ContentEncoding: aws.String("identity"),
		ContentLanguage: aws.String("de, en"), CacheControl: aws.String("max-age=60"), Expires: &expires,
		Metadata: map[string]string{"colour": "dark  blue", "with-dash": "1"}})
	if err != nil {
		return err
	}
	head, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &c.Bucket, Key: aws.String("kept/metadata")})
	if err != nil {
		return err
	}
	have := strings.Join([]string{*head.ContentType, *head.ContentDisposition, *head.ContentEncoding,
		*head.ContentLanguage, *head.CacheControl, *head.ExpiresString, head.Metadata["with-dash"]}, "|")
	want := `application/x-odd; charset=utf-8|attachment; filename="a b.txt"|identity|de, en|max-age=60|` +
		"Wed, 02 Jan 2030 03:04:05 GMT|1"
	return equal("headers", have, want)
}

// checksums sends each algorithm, and lets the SDK verify what comes back.
func checksums(ctx context.Context, c client) error {
	for _, algorithm := range types.ChecksumAlgorithmCrc32.Values() {
		switch algorithm {
		case types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc32c, types.ChecksumAlgorithmCrc64nvme,
			types.ChecksumAlgorithmSha1, types.ChecksumAlgorithmSha256:
		default: // what AWS has added since
			continue
		}
		key := aws.String("checksum/" + string(algorithm))
		put, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &c.Bucket, Key: key,
			Body: strings.NewReader("summed"), ChecksumAlgorithm: algorithm})
		if err != nil {
			return fmt.Errorf("%s: %w", algorithm, err)
		}
		_, got, err := c.get(ctx, s3.GetObjectInput{Key: key, ChecksumMode: types.ChecksumModeEnabled})
		if err != nil {
			return fmt.Errorf("%s: %w", algorithm, err)
		}
		sent := []*string{put.ChecksumCRC32, put.ChecksumCRC32C, put.ChecksumCRC64NVME, put.ChecksumSHA1, put.ChecksumSHA256}
		back := []*string{got.ChecksumCRC32, got.ChecksumCRC32C, got.ChecksumCRC64NVME, got.ChecksumSHA1, got.ChecksumSHA256}
		seen := 0
		for i, sum := range sent {
			if sum != nil {
				seen++
				if back[i] == nil || *back[i] != *sum {
					return fmt.Errorf("%s: the checksum did not come back", algorithm)
				}
			}
		}
		if err := equal("checksums of "+string(algorithm), seen, 1); err != nil {
			return err
		}
	}
	return nil
}

func wrongChecksum(ctx context.Context, c client) error {
	_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &c.Bucket, Key: aws.String("wrong"),
		Body: bytes.NewReader([]byte("body")), ChecksumSHA256: aws.String("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")})
	if err := failed(err, "BadDigest"); err != nil {
		return err
	}
	_, _, err = c.get(ctx, s3.GetObjectInput{Key: aws.String("wrong")})
	return failed(err, "NoSuchKey")
}

func oddNames(ctx context.Context, c client) error {
	for _, name := range c.Names {
		if err := c.put(ctx, name, []byte(name)); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	for _, name := range c.Names {
		if err := c.holds(ctx, name, []byte(name)); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		page, err := c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &c.Bucket, Prefix: &name, EncodingType: types.EncodingTypeUrl})
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		listed, err := url.QueryUnescape(*page.Contents[0].Key)
		if err != nil || listed != name {
			return fmt.Errorf("%q is listed as %q", name, *page.Contents[0].Key)
		}
		if _, err := c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.Bucket, Key: &name}); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}
