#include "valid_requests.h"

namespace lull::http::test {
namespace {

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

const std::string kEnd = "Connection: close\r\n\r\n";
const std::string kHost = "Host: a\r\n";

std::vector<ValidCase> single_requests() {
  const auto get = [](const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\n" + kHost + fields + kEnd;
  };
  return {
      {"root", get("/"), {"[GET][/][][][][]"}},
      {"path", get("/v1/config/a/b"), {"[GET][/v1/config/a/b][][][][]"}},
      {"query", get("/v1/i?limit=2&x=%20"), {"[GET][/v1/i][limit=2&x=%20][][][]"}},
      {"empty query", get("/v1?"), {"[GET][/v1][][][][]"}},
      {"second question mark", get("/v1?a?b"), {"[GET][/v1][a?b][][][]"}},
      {"encoded path", get("/v1/a%2Fb/%00"), {"[GET][/v1/a%2Fb/%00][][][][]"}},
      {"absolute form", get("http://other:80/p?q"), {"[GET][/p][q][][][]"}},
      {"absolute form, no path", get("HTTP://other"), {"[GET][/][][][][]"}},
      {"absolute form, query only", get("https://other?q"), {"[GET][/][q][][][]"}},
      {"conditional",
       get("/e", "If-None-Match: \"x\", W/\"y\"\r\n"),
       {"[GET][/e][][\"x\", W/\"y\"][][]"}},
      {"conditional in parts",
       get("/e", "If-None-Match: \"x\"\r\nIf-None-Match:\r\nIf-None-Match: \"y\", \"z\"\r\n"),
       {"[GET][/e][][\"x\", , \"y\", \"z\"][][]"}},
      {"accept is not looked at",
       get("/e", "Accept: application/json;q=0.9\r\n"),
       {"[GET][/e][][][][]"}},
      {"lower case names",
       get("/e", "if-none-match:*\r\ncontent-type:a/b\r\n"),
       {"[GET][/e][][*][a/b][]"}},
      {"white space around a value",
       get("/e", "Content-Type: \t a/b \t \r\n"),
       {"[GET][/e][][][a/b][]"}},
      {"empty value", get("/e", "Content-Type:\r\nX: \r\n"), {"[GET][/e][][][][]"}},
      {"value in UTF-8", get("/e", "X: \xC3\xA4\r\n"), {"[GET][/e][][][][]"}},
      {"host with port", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n" + kEnd, {"[GET][/][][][][]"}},
      {"empty host", "GET / HTTP/1.1\r\nHost:\r\n" + kEnd, {"[GET][/][][][][]"}},
      {"many fields",
       get("/m", repeat("X-Field: some value of a field\r\n", 90)),
       {"[GET][/m][][][][]"}},
      {"long target",
       get("/" + std::string(3000, 't')),
       {"[GET][/" + std::string(3000, 't') + "][][][][]"}},
      {"blank line before", "\r\n" + get("/b"), {"[GET][/b][][][][]"}},
      {"HEAD", "HEAD /h HTTP/1.1\r\n" + kHost + kEnd, {"[HEAD][/h][][][][]"}, {true}},
      {"DELETE", "DELETE /d HTTP/1.1\r\n" + kHost + kEnd, {"[DELETE][/d][][][][]"}},
      {"OPTIONS", "OPTIONS /o HTTP/1.1\r\n" + kHost + kEnd, {"[OPTIONS][/o][][][][]"}},
      {"HTTP/1.0", "GET /old HTTP/1.0\r\n\r\n", {"[GET][/old][][][][]"}},
      {"HTTP/1.0 with a body",
       "POST /old HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
       {"[POST][/old][][][][hi]"}},
  };
}

std::vector<ValidCase> bodies() {
  const std::string post = "POST /p HTTP/1.1\r\n" + kHost + "Content-Type: a/b\r\n";
  const auto chunked = [&](const std::string& body) {
    return post + "Transfer-Encoding: chunked\r\n" + kEnd + body;
  };
  const auto got = [](const std::string& body) {
    return std::vector<std::string>{"[POST][/p][][][a/b][" + body + "]"};
  };
  const std::string large(2500, 'L');
  return {
      {"body", post + "Content-Length: 5\r\n" + kEnd + "hello", got("hello")},
      {"empty body", post + "Content-Length: 0\r\n" + kEnd, got("")},
      {"body with line ends", post + "Content-Length: 6\r\n" + kEnd + "\n\r\n\r\n\n",
       got("\n\r\n\r\n\n")},
      {"body that looks like a request",
       post + "Content-Length: 18\r\n" + kEnd + "GET / HTTP/1.1\r\n\r\n",
       got("GET / HTTP/1.1\r\n\r\n")},
      {"large body", post + "Content-Length: 2500\r\n" + kEnd + large, got(large)},
      {"PUT",
       "PUT /p HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\n" + kEnd + "1",
       {"[PUT][/p][][][][1]"}},
      {"PATCH",
       "PATCH /p HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\n" + kEnd + "1",
       {"[PATCH][/p][][][][1]"}},
      {"body of a GET",
       "GET /p HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\n" + kEnd + "1",
       {"[GET][/p][][][][1]"}},
      {"chunks", chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), got("abc0123456789")},
      {"no chunk", chunked("0\r\n\r\n"), got("")},
      {"chunks with line ends", chunked("4\r\n\r\n\r\n\r\n1\r\n\n\r\n0\r\n\r\n"),
       got("\r\n\r\n\n")},
      {"chunk extensions", chunked("3;a=b;c=\"d e\"\r\nabc\r\n0;last\r\n\r\n"), got("abc")},
      {"trailers", chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\nHost: z\r\n\r\n"), got("abc")},
      {"leading zeros", chunked("0003\r\nabc\r\n00\r\n\r\n"), got("abc")},
      {"large chunk", chunked("9c4\r\n" + large + "\r\n0\r\n\r\n"), got(large)},
  };
}

std::vector<ValidCase> pipelines() {
  const std::string get = "GET /1 HTTP/1.1\r\n" + kHost + "\r\n";
  const std::string last = "GET /2 HTTP/1.1\r\n" + kHost + kEnd;
  const std::string one = "[GET][/1][][][][]";
  const std::string two = "[GET][/2][][][][]";
  const std::string post = "POST /p HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\n\r\nabc";
  const std::string chunked =
      "POST /c HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  std::vector<std::string> many(17, one);
  many.back() = two;
  return {
      {"two", get + last, {one, two}},
      {"sixteen", repeat(get, 16) + last, many},
      {"mixed",
       get + post + chunked + last,
       {one, "[POST][/p][][][][abc]", "[POST][/c][][][][abc]", two}},
      {"fields do not leak",
       "GET /1 HTTP/1.1\r\n" + kHost +
           "Accept: a/b\r\nIf-None-Match: x\r\nContent-Type: c\r\n\r\n" + last,
       {"[GET][/1][][x][c][]", two}},
      {"HEAD between",
       get + "HEAD /h HTTP/1.1\r\n" + kHost + "\r\n" + last,
       {one, "[HEAD][/h][][][][]", two},
       {false, true, false}},
      {"blank line after a body", post + "\r\n" + last, {"[POST][/p][][][][abc]", two}},
      {"HTTP/1.0 kept alive",
       "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
       {one, two}},
  };
}

}  // namespace

std::vector<ValidCase> valid_cases() {
  std::vector<ValidCase> out = single_requests();
  for (auto& more : bodies()) out.push_back(std::move(more));
  for (auto& more : pipelines()) out.push_back(std::move(more));
  return out;
}

}  // namespace lull::http::test
