// Every case of tests/s3_sdk.py through the AWS SDK for Go; prints a line of JSON for each.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// plan is what the test tells: a bucket of its own, files to send, names to use, and an object that another client put.
type plan struct {
	Bucket   string
	Small    string
	Big      string
	Names    []string
	XMLNames []string
	Foreign  string
}

// client is what every case has at hand.
type client struct {
	plan
	s3 *s3.Client
}

type testCase struct {
	name string
	run  func(context.Context, client) error
}

var cases = []testCase{
	{"bytes", putBytes},
	{"stream", putStream},
	{"empty", putEmpty},
	{"parts", putParts},
	{"own-parts", putOwnParts},
	{"abort", abortParts},
	{"foreign", readForeign},
	{"range", readRange},
	{"conditional-read", readConditional},
	{"conditional-write", writeConditional},
	{"copy", copyObject},
	{"list", listPages},
	{"delimiter", listDelimiter},
	{"delete", deleteObjects},
	{"presign", presign},
	{"metadata", keepMetadata},
	{"checksums", checksums},
	{"wrong-checksum", wrongChecksum},
	{"names", oddNames},
	{"errors", typedErrors},
}

func load(path string) (plan, error) {
	var p plan
	text, err := os.ReadFile(path)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(text, &p)
}

func report(name string, err error) {
	line := map[string]any{"case": name, "error": nil}
	if err != nil {
		line["error"] = err.Error()
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func main() {
	ctx := context.Background()
	p, err := load(os.Args[1])
	if err != nil {
		panic(err)
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	c := client{p, s3.NewFromConfig(settings)}
	for _, one := range cases {
		report(one.name, one.run(ctx, c))
	}
}
