//! What every reply carries, and how failures reach people and programs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;
use web::{BodyLimit, Context, Edge, Failure, Fault, Format, Input, Problem, Reply};

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    name: String,
}

async fn greet(context: Context, Input(form): Input<Form>) -> Result<Reply, Failure> {
    match context.format {
        Format::Json => Reply::json(&serde_json::json!({ "name": form.name })),
        Format::Page => Reply::json(&form.name),
    }
}

async fn no_match() -> Failure {
    let problem = Problem {
        status: StatusCode::NOT_FOUND,
        kind: "no-match",
        title: "Nothing found".into(),
        detail: "Please check the three facts.".into(),
        faults: Vec::new(),
    };
    problem.into()
}

fn service() -> Router {
    let secret = || async { Failure::internal("disk /secret is full") };
    let busy = || async { Failure::TooManyRequests { retry_after: Duration::from_secs(90) } };
    let wrong = || async { Failure::Invalid(vec![Fault::new("a/b", "length", "Too <short>.")]) };
    let router = Router::new()
        .route("/", get(|context: Context| async move { Reply::json(&context.language.code()) }))
        .route("/api/language", get(|context: Context| async move { Reply::json(&context.language.code()) }))
        .route("/greet", post(greet))
        .route("/api/greet", post(greet))
        .route("/busy", get(busy))
        .route("/api/busy", get(busy))
        .route("/wrong", get(wrong))
        .route("/api/wrong", get(wrong))
        .route("/secret", get(secret))
        .route("/api/secret", get(secret))
        .route("/api/no-match", get(no_match))
        .route(
            "/api/panic",
            get(|| async {
                if true {
                    panic!("secret words")
                }
            }),
        )
        .merge(web::assets());
    let edge = Edge {
        json: &["/api/"],
        demonstration: true,
        body: BodyLimit { bytes: 64, time: Duration::from_millis(100) },
        seed: 7,
        trusted_origins: Vec::new(),
    };
    edge.wrap(router).unwrap()
}

async fn send(request: Request<Body>) -> Response {
    service().oneshot(request).await.unwrap()
}

async fn get_page(path: &str) -> Response {
    send(Request::get(path).body(Body::empty()).unwrap()).await
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

async fn json(response: Response) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn post_json(body: &'static str) -> Response {
    let request = Request::post("/api/greet").header(header::CONTENT_TYPE, "application/json");
    send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn every_reply_carries_the_security_headers() {
    for path in ["/", "/api/language", "/nowhere", "/api/nowhere", "/api/panic", "/busy"] {
        let response = get_page(path).await;
        let policy = header(&response, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{path}");
        assert!(policy.contains("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(&response, name), value, "{path}");
        }
        assert!(header(&response, "permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(header(&response, "x-request-id").len(), 36, "{path}");
    }
}

#[tokio::test]
async fn request_ids_differ() {
    let service = service();
    let ask = || service.clone().oneshot(Request::get("/").body(Body::empty()).unwrap());
    let (one, other) = (ask().await.unwrap(), ask().await.unwrap());
    assert_ne!(header(&one, "x-request-id"), header(&other, "x-request-id"));
}

#[tokio::test]
async fn a_page_is_chinese_until_english_is_chosen_and_the_choice_is_remembered() {
    let ask = |path: &'static str, cookie: &'static str| async move {
        let request = Request::get(path).header(header::COOKIE, cookie).header(header::ACCEPT_LANGUAGE, "en");
        send(request.body(Body::empty()).unwrap()).await
    };
    let first = ask("/", "").await;
    assert_eq!(header(&first, "set-cookie"), "");
    assert_eq!(json(first).await, "zh-CN");

    let chosen = ask("/?lang=en", "").await;
    let cookie = "jindu_lang=en; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly";
    assert_eq!(header(&chosen, "set-cookie"), cookie);
    assert_eq!(json(chosen).await, "en");

    assert_eq!(json(ask("/", "a=b; jindu_lang=en").await).await, "en");
    assert_eq!(json(ask("/?lang=zh", "jindu_lang=en").await).await, "zh-CN");
    assert_eq!(json(ask("/?lang=%3Cscript%3E", "jindu_lang=xx").await).await, "zh-CN");
}

#[tokio::test]
async fn a_program_asks_for_its_language_by_header() {
    let ask = |path: &'static str| async move {
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, "en-GB,en;q=0.9");
        send(request.header(header::COOKIE, "jindu_lang=zh-CN").body(Body::empty()).unwrap()).await
    };
    assert_eq!(json(ask("/api/language").await).await, "en");
    let chosen = ask("/api/language?lang=zh").await;
    assert_eq!(header(&chosen, "set-cookie"), "");
    assert_eq!(json(chosen).await, "zh-CN");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_and_our_own_is_not() {
    let ask = |site: &'static str, path: &'static str| async move {
        let request =
            Request::post(path).header("sec-fetch-site", site).header(header::HOST, "jindu.example");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        send(request.body(Body::from("name=A")).unwrap()).await
    };
    let refused = ask("cross-site", "/greet").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(text(refused).await.contains("请从本网站提交"));
    assert_eq!(ask("same-origin", "/greet").await.status(), StatusCode::OK);
    assert_eq!(ask("none", "/greet").await.status(), StatusCode::OK);
    assert_eq!(ask("cross-site", "/api/greet").await.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn failures_are_pages_for_people_in_both_languages() {
    for (path, status, zh, en) in [
        ("/nowhere", StatusCode::NOT_FOUND, "没有这个页面", "There is no such page"),
        ("/greet", StatusCode::METHOD_NOT_ALLOWED, "请从首页重新查询", "Please begin at the start page"),
        ("/busy", StatusCode::TOO_MANY_REQUESTS, "请稍等一会儿再试", "Please wait a little"),
        ("/wrong", StatusCode::UNPROCESSABLE_ENTITY, "Too &#60;short&#62;.", "Too &#60;short&#62;."),
        ("/secret", StatusCode::INTERNAL_SERVER_ERROR, "系统出了点问题", "Something went wrong on our side"),
    ] {
        for (language, words) in [("zh", zh), ("en", en)] {
            let response = get_page(&format!("{path}?lang={language}")).await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8", "{path}");
            let id = header(&response, "x-request-id").to_owned();
            let page = text(response).await;
            assert!(page.contains(words), "{path} {page}");
            assert!(page.contains(&id), "{path} {page}");
            assert!(!page.contains("/secret is full"), "{page}");
        }
    }
}

#[tokio::test]
async fn failures_are_problems_for_programs_in_both_languages() {
    for (path, status, kind, zh, en) in [
        ("/api/nowhere", 404, "/problems/not-found", "没有这个页面", "There is no such page"),
        (
            "/api/greet",
            405,
            "/problems/method-not-allowed",
            "请从首页重新查询",
            "Please begin at the start page",
        ),
        ("/api/busy", 429, "/problems/too-many-requests", "请稍等一会儿再试", "Please wait a little"),
        ("/api/wrong", 422, "/problems/invalid", "有内容需要改一下", "Something needs to be changed"),
        ("/api/secret", 500, "/problems/internal", "系统出了点问题", "Something went wrong on our side"),
        ("/api/panic", 500, "/problems/internal", "系统出了点问题", "Something went wrong on our side"),
        ("/api/no-match", 404, "/problems/no-match", "Nothing found", "Nothing found"),
    ] {
        for (language, title) in [("zh", zh), ("en", en)] {
            let response = get_page(&format!("{path}?lang={language}")).await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(header(&response, "content-type"), "application/problem+json", "{path}");
            let id = header(&response, "x-request-id").to_owned();
            let problem = json(response).await;
            assert_eq!(problem.get("type").unwrap(), kind);
            assert_eq!(problem.get("title").unwrap(), title);
            assert_eq!(problem.get("status").unwrap(), status);
            assert_eq!(problem.get("instance").unwrap(), &format!("urn:uuid:{id}"));
            assert!(!problem.to_string().contains("secret"), "{problem}");
        }
    }
}

#[tokio::test]
async fn a_problem_points_at_the_field() {
    let problem = json(get_page("/api/wrong").await).await;
    let expected = serde_json::json!([{ "pointer": "/a~1b", "code": "length", "detail": "Too <short>." }]);
    assert_eq!(problem.get("errors").unwrap(), &expected);
}

#[tokio::test]
async fn a_busy_service_says_when_to_come_back() {
    assert_eq!(header(&get_page("/busy").await, "retry-after"), "90");
}

#[tokio::test]
async fn a_refused_method_names_the_allowed_ones() {
    assert_eq!(header(&get_page("/api/greet").await, "allow"), "POST");
}

#[tokio::test]
async fn json_is_read_strictly() {
    let read = post_json("{\"name\": \"张三\"}").await;
    assert_eq!(json(read).await, serde_json::json!({ "name": "张三" }));
    for (body, status, code, pointer) in [
        ("{\"name\": 5}", 422, "wrong_type", "/name"),
        ("{\"name\": \"a\", \"other\": 1}", 422, "unknown_field", "/other"),
    ] {
        let response = post_json(body).await;
        assert_eq!(response.status(), status, "{body}");
        let problem = json(response).await;
        let error = problem.get("errors").and_then(|errors| errors.get(0)).unwrap();
        assert_eq!(
            (error.get("code").unwrap(), error.get("pointer").unwrap()),
            (&code.into(), &pointer.into())
        );
    }
    for body in ["", "{", "{\"name\": \"a\"} x", "\u{feff}{}", "nul"] {
        assert_eq!(post_json(body).await.status(), StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let request = Request::post("/api/greet").header(header::CONTENT_TYPE, "application/json");
    let response = send(request.body(Body::from(&b"{\"name\": \"\xff\xfe\"}"[..])).unwrap()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_form_is_read_as_typed() {
    let request = Request::post("/greet")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8");
    let response = send(request.body(Body::from("name=%E5%BC%A0+%E4%B8%89&button=")).unwrap()).await;
    assert_eq!(json(response).await, "张 三");
}

#[tokio::test]
async fn a_body_that_is_too_large_or_too_slow_is_refused() {
    let large = || Body::from(format!("{{\"name\": \"{}\"}}", "x".repeat(100)));
    let request = || Request::post("/api/greet").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(send(request().body(large()).unwrap()).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let announced = request().header(header::CONTENT_LENGTH, "65").body(Body::empty()).unwrap();
    assert_eq!(send(announced).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let slow = send(request().body(Body::new(Never)).unwrap()).await;
    assert_eq!(slow.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(header(&slow, "connection"), "close");
}

#[tokio::test]
async fn assets_are_kept_forever_and_compressed_once() {
    let address = web::asset("base.css");
    assert!(
        address.starts_with("/assets/base.") && address.ends_with(".css") && address.len() == 25,
        "{address}"
    );
    let plain = get_page(address).await;
    assert_eq!(header(&plain, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header(&plain, "content-type"), "text/css; charset=utf-8");
    let style = text(plain).await;
    assert!(style.contains(".site-head"));
    let request = Request::get(address).header(header::ACCEPT_ENCODING, "br, gzip");
    let packed = send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(header(&packed, "content-encoding"), "gzip");
    assert!(packed.into_body().collect().await.unwrap().to_bytes().len() * 2 < style.len());
    assert_eq!(get_page("/assets/base.00000000.css").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&get_page("/favicon.ico").await, "content-type"), "image/svg+xml");
}

#[tokio::test]
async fn every_asset_that_the_shell_names_exists() {
    let page = text(get_page("/nowhere").await).await;
    let addresses: Vec<_> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(addresses.len(), 6, "{addresses:?}");
    for address in addresses {
        assert_eq!(get_page(address).await.status(), StatusCode::OK, "{address}");
    }
    assert!(page.contains("演示系统"));
    assert!(!page.contains("style="), "the policy forbids styles in the page");
}

/// A body that never arrives.
struct Never;

impl hyper::body::Body for Never {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, std::io::Error>>> {
        std::task::Poll::Pending
    }
}
