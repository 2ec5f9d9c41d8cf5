package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	manager "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const partSize = 5 << 20

func putBytes(ctx context.Context, c client) error {
	content, err := os.ReadFile(c.Small)
	if err != nil {
		return err
	}
	if err := c.put(ctx, "kept/bytes", content); err != nil {
		return err
	}
	return c.holds(ctx, "kept/bytes", content)
}

// putStream sends a reader that cannot seek: the transfer manager buffers it part by part.
func putStream(ctx context.Context, c client) error {
	content, err := os.ReadFile(c.Big)
	if err != nil {
		return err
	}
	stream := io.LimitReader(bytes.NewReader(content), int64(len(content)))
	_, err = transfermanager.New(c.s3).UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &c.Bucket, Key: aws.String("kept/stream"), Body: stream})
	if err != nil {
		return err
	}
	return c.holds(ctx, "kept/stream", content)
}

func putEmpty(ctx context.Context, c client) error {
	if err := c.put(ctx, "empty", nil); err != nil {
		return err
	}
	return c.holds(ctx, "empty", nil)
}

// putParts uploads and downloads by the transfer manager, whole and with each of its ways of reading.
func putParts(ctx context.Context, c client) error {
	file, err := os.Open(c.Big)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := os.ReadFile(c.Big)
	if err != nil {
		return err
	}
	transfer := transfermanager.New(c.s3, func(o *transfermanager.Options) {
		o.PartSizeBytes = partSize
		o.MultipartUploadThreshold = partSize
	})
	if _, err := transfer.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &c.Bucket, Key: aws.String("kept/parts"), Body: file}); err != nil {
		return err
	}
	for _, way := range []manager.GetObjectType{manager.GetObjectParts, manager.GetObjectRanges} {
		into := manager.NewWriteAtBuffer(nil)
		_, err := transfer.DownloadObject(ctx, &transfermanager.DownloadObjectInput{
			Bucket: &c.Bucket, Key: aws.String("kept/parts"), WriterAt: into},
			func(o *transfermanager.Options) { o.GetObjectType = way })
		if err != nil {
			return err
		}
		if err := same(string(way), into.Bytes(), content); err != nil {
			return err
		}
	}
	head, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &c.Bucket, Key: aws.String("kept/parts")})
	if err != nil {
		return err
	}
	return equal("an ETag of parts", strings.Contains(*head.ETag, "-"), true)
}

// putOwnParts makes an object from a sent and a copied part.
func putOwnParts(ctx context.Context, c client) error {
	key := aws.String("own-parts")
	content, err := os.ReadFile(c.Big)
	if err != nil {
		return err
	}
	if err := c.put(ctx, "source of parts", content); err != nil {
		return err
	}
	upload, err := c.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &c.Bucket, Key: key})
	if err != nil {
		return err
	}
	sent, err := c.s3.UploadPart(ctx, &s3.UploadPartInput{Bucket: &c.Bucket, Key: key, UploadId: upload.UploadId,
		PartNumber: aws.Int32(1), Body: bytes.NewReader(content[:partSize])})
	if err != nil {
		return err
	}
	copied, err := c.s3.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: &c.Bucket, Key: key,
		UploadId: upload.UploadId, PartNumber: aws.Int32(7),
		CopySource: aws.String(c.Bucket + "/source%20of%20parts"), CopySourceRange: aws.String("bytes=100-1099")})
	if err != nil {
		return err
	}
	listed, err := c.s3.ListParts(ctx, &s3.ListPartsInput{Bucket: &c.Bucket, Key: key, UploadId: upload.UploadId})
	if err != nil {
		return err
	}
	if err := equal("listed parts", len(listed.Parts), 2); err != nil {
		return err
	}
	_, err = c.s3.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &c.Bucket, Key: key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{
			{PartNumber: aws.Int32(1), ETag: sent.ETag},
			{PartNumber: aws.Int32(7), ETag: copied.CopyPartResult.ETag},
		}}})
	if err != nil {
		return err
	}
	return c.holds(ctx, "own-parts", append(content[:partSize:partSize], content[100:1100]...))
}

func abortParts(ctx context.Context, c client) error {
	key := aws.String("aborted")
	upload, err := c.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &c.Bucket, Key: key})
	if err != nil {
		return err
	}
	part := s3.UploadPartInput{Bucket: &c.Bucket, Key: key, UploadId: upload.UploadId,
		PartNumber: aws.Int32(1), Body: strings.NewReader("part")}
	if _, err := c.s3.UploadPart(ctx, &part); err != nil {
		return err
	}
	listed, err := c.s3.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &c.Bucket})
	if err != nil {
		return err
	}
	if err := equal("listed uploads", len(listed.Uploads), 1); err != nil {
		return err
	}
	if _, err := c.s3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: &c.Bucket, Key: key, UploadId: upload.UploadId}); err != nil {
		return err
	}
	part.Body = strings.NewReader("part")
	_, err = c.s3.UploadPart(ctx, &part)
	return failed(err, "NoSuchUpload")
}
